"""The choice between the databuses, over MQTT and over Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platone.dso.adapters.databus_figure import DatabusFigures
from platone.dso.adapters.phasor_databus import MqttDatabus
from platone.dso.records.databus import DatabusQueue
from platone.infra.db import Database
from platone.infra.kafka.link import KafkaLink
from platone.infra.kafka.publisher import KafkaPublisher
from platone.infra.metric.figure import Measured
from platone.infra.mqtt.bridge import DEFAULT_BRIDGES, Bridge, bridges_in
from platone.infra.mqtt.link import MqttLink

if TYPE_CHECKING:
    from platone.dso.adapters.kafka_databus import KafkaDatabus


@dataclass(frozen=True, slots=True)
class DatabusChoice:
    """The databus that was chosen.

    Attributes:
        kafka: Where Kafka is; none for the databus over MQTT.
        inward: What is passed on to the databus.
        outward: What is passed back from Kafka to the broker of devices.
    """

    kafka: KafkaLink | None = None
    inward: Sequence[Bridge] = bridges_in(DEFAULT_BRIDGES)
    outward: Sequence[Bridge] = ()


class Databuses:
    """The makers of the chosen databus.

    Args:
        choice: What was chosen.
        database: The platform's database.

    Attributes:
        figures: The parts of it that tell figures.
    """

    def __init__(self, choice: DatabusChoice, database: Database) -> None:
        self._choice, self._queue = choice, DatabusQueue(database)
        self._bridged = DatabusFigures()
        self._publisher: KafkaPublisher | None = None
        self.figures: list[Measured] = [self._bridged]
        if choice.kafka is not None:
            self._publisher = KafkaPublisher("dso", self._queue, choice.kafka)
            self.figures.append(self._publisher)

    def made(self, link: MqttLink) -> "MqttDatabus | KafkaDatabus":
        """Return the databus, with a link to the broker of devices."""
        choice = self._choice
        if choice.kafka is None or self._publisher is None:
            return MqttDatabus(link, choice.inward, self._bridged)
        from platone.dso.adapters.kafka_databus import KafkaDatabus  # noqa: PLC0415 - an extra brings it

        bridges = choice.inward, choice.outward
        return KafkaDatabus(
            link, choice.kafka, self._queue, self._publisher, bridges, self._bridged
        )
