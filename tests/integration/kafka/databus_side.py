"""The DSO's side of the databus, over MQTT or Kafka, put together as its platform does."""

from dataclasses import dataclass
from pathlib import Path

from platone.dso.adapters.databus import DatabusChoice, Databuses
from platone.dso.adapters.kafka_databus import KafkaDatabus
from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.records.phasor import PhasorRecords
from platone.dso.records.table import metadata
from platone.dso.service.phasor import CalculatePower
from platone.dso.service.phasor_device import PhasorDeviceState, ReadingRules, RecentProblems
from platone.infra.db import Database, sqlite_url
from platone.infra.kafka.link import KafkaLink
from platone.infra.mqtt.bridge import DEFAULT_BRIDGES, bridges_in, bridges_out
from platone.infra.mqtt.link import BrokerAt, MqttLink
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.supervision import Supervisor
from platone.kernel.clock import SystemClock


@dataclass
class DatabusSide:
    """A running databus."""

    database: Database
    databuses: Databuses
    databus: MqttDatabus | KafkaDatabus
    link: MqttLink
    knowledge: PhasorDeviceState
    supervisor: Supervisor

    async def stop(self) -> None:
        await self.databus.stop(self.supervisor)
        await self.link.stop()
        await self.supervisor.stop()
        await self.database.close()


async def started(
    file: Path, port: int, tls: TlsFiles, kafka: KafkaLink | None, back: str = ""
) -> DatabusSide:
    """Start a databus at a broker of devices, over Kafka where that is given."""
    database = Database(sqlite_url(file), metadata)
    await database.open()
    record = PhasorRecords(database)
    knowledge = PhasorDeviceState(record, ReadingRules(record), RecentProblems())
    choice = DatabusChoice(kafka, bridges_in(DEFAULT_BRIDGES), bridges_out(back))
    databuses, link = Databuses(choice, database), MqttLink(BrokerAt("127.0.0.1", port), tls, "dso")
    databus, supervisor = databuses.made(link), Supervisor("dso")
    await databus.listen()
    await link.start()
    take = CalculatePower(knowledge, databus, SystemClock())
    databus.start(supervisor, take, record.keep)
    return DatabusSide(database, databuses, databus, link, knowledge, supervisor)
