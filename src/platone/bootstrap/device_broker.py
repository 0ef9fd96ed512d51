"""The broker of the devices that a server's settings choose."""

from pathlib import Path

from platone.infra.free_port import free_port
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.mosquitto import MosquittoBroker
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.settings import Settings


def made_broker(settings: Settings, tls: TlsFiles) -> DeviceBroker:
    """Return the broker that is chosen, not started yet; no device stands before it is told.

    Args:
        settings: What was chosen.
        tls: The broker's certificate, key, and the authority of its clients.
    """
    port = _kept_port(settings.data / "mqtt-port", settings.mqtt_port, settings.host)
    bounds = BrokerBounds(
        connections=settings.connections,
        connections_by_address=settings.connections_by_address,
    )
    if settings.mqtt == "embedded":
        return MqttBroker(tls, Standing(), settings.host, port, bounds)
    return MosquittoBroker(
        tls,
        Standing(),
        settings.data / "mosquitto",
        program=settings.mosquitto,
        host=settings.host,
        port=port,
        bounds=bounds,
    )


def _kept_port(file: Path, wanted: int, host: str) -> int:
    """Return the broker's port, which stays as it was: devices have it in their credentials."""
    if wanted:
        return wanted
    if not file.exists():
        file.write_text(str(free_port(host)))
    return int(file.read_text())
