"""The node's two outgoing topics, over its own MQTT link."""

from platone.infra.mqtt import topic
from platone.infra.mqtt.link import MqttLink


class MqttUplink:
    """Sends readings and acknowledgements over MQTT.

    Args:
        link: The node's link.
        device: The node's address.
    """

    def __init__(self, link: MqttLink, device: str) -> None:
        self._link = link
        self._readings = topic.readings(device)
        self._acknowledgements = topic.acknowledgements(device)

    async def send_readings(self, envelope: bytes) -> None:
        """Send a signed message of readings.

        Raises:
            LinkDown: There is no connection now.
        """
        await self._link.publish(self._readings, envelope)

    async def send_acknowledgement(self, envelope: bytes) -> None:
        """Send a signed acknowledgement; raises as :meth:`send_readings`."""
        await self._link.publish(self._acknowledgements, envelope)
