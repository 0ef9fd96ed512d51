"""A market's publisher in a process of its own, to be killed."""

import asyncio
import sys
from pathlib import Path

from platone.infra.db import Database, sqlite_url
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.publisher import KafkaPublisher
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.supervision import Supervisor
from platone.market.records.kafka_queue import MarketQueue
from platone.market.records.table import metadata


async def publish(file: str, servers: str, name: str, *files: str) -> None:
    database = Database(sqlite_url(Path(file)), metadata)
    await database.open()
    link = KafkaLink(servers, TlsFiles(*map(Path, files)), name)
    supervisor = Supervisor("market")
    KafkaPublisher("market", MarketQueue(database), link).start(supervisor)
    await supervisor.wait()


if __name__ == "__main__":
    asyncio.run(publish(*sys.argv[1:]))
