"""The DSO's databus over Kafka in a process of its own, to be killed."""

import asyncio
import sys
from pathlib import Path

from tests.integration.kafka.databus_side import started

from platone.infra.kafka.link import KafkaLink
from platone.infra.mqtt.tls import TlsFiles


async def serve(file: str, data: str, port: str, servers: str, name: str) -> None:
    """Serve until the process is killed."""
    own = Path(data) / "identity"
    tls = [
        TlsFiles(Path(data) / "ca.pem", own / f"client-{each}.pem", own / f"client-{each}-key.pem")
        for each in ("dso", "publisher-dso")
    ]
    running = await started(Path(file), int(port), tls[0], KafkaLink(servers, tls[1], name))
    await running.supervisor.wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
