"""The receipt topics of the devices, over MQTT."""

from platone.infra.mqtt import topic
from platone.infra.mqtt.link import MqttLink


class MqttDownlink:
    """Sends receipts over MQTT.

    Args:
        link: The access layer's link.
    """

    def __init__(self, link: MqttLink) -> None:
        self._link = link

    async def send_receipt(self, device: str, envelope: bytes) -> None:
        """Send a signed receipt once; a device that misses it sends its message again.

        Raises:
            LinkDown: There is no connection now.
        """
        await self._link.publish(topic.receipts(device), envelope, is_acknowledged=False)
