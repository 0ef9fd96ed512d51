"""The link to the nodes by their setpoint topics."""

import msgspec

from platone.infra.mqtt import topic
from platone.infra.mqtt.link import MqttLink
from platone.messages.metering import SetpointCommand


class MqttSetpointLink:
    """Sends setpoints over MQTT.

    Args:
        link: The DSO's link.
    """

    def __init__(self, link: MqttLink) -> None:
        self._link = link

    async def send(self, command: SetpointCommand) -> None:
        """Send a setpoint.

        Raises:
            LinkDown: There is no connection now.
        """
        await self._link.publish(topic.setpoints(command.device), msgspec.json.encode(command))
