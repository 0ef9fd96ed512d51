"""A certificate authority made by `cryptography`, a broker, and raw clients of it."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from tests.component import mosquitto_or_skip

from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.mosquitto import MosquittoBroker
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles

A, B = "0x" + "aA" * 20, "0x" + "bB" * 20
"""Devices that are enrolled."""
_PEM = serialization.Encoding.PEM


class Authority:
    """Signs certificates into a folder."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate = own.sign(self._key, hashes.SHA256())
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.certificate.public_bytes(_PEM))

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(days=1))
        )

    def issue(self, *names: str, is_server: bool = False) -> TlsFiles:
        """Key and certificate with these common names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names])
        usage = ExtendedKeyUsageOID.SERVER_AUTH if is_server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = self._builder(subject, key.public_key()).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        if is_server:
            alternatives = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
            builder = builder.add_extension(alternatives, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        stem = f"{'-'.join(names)[:60]}-{certificate.serial_number}"
        files = TlsFiles(self.file, self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        files.certificate.write_bytes(certificate.public_bytes(_PEM))
        files.key.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        return files


@pytest.fixture
def make_authority(tmp_path: Path) -> Callable[[str], Authority]:
    return lambda name: Authority(tmp_path / name, name)


@pytest.fixture
def authority(make_authority: Callable[[str], Authority]) -> Authority:
    return make_authority("ours")


@pytest.fixture
async def broker(authority: Authority) -> AsyncIterator[MqttBroker]:
    running = MqttBroker(
        authority.issue("localhost", is_server=True),
        Standing([A, B]),
        bounds=BrokerBounds(packet_bytes=4096),
    )
    await running.start()
    yield running
    await running.stop()


MakeBroker = Callable[..., DeviceBroker]


@pytest.fixture(params=["embedded", "mosquitto"])
def make_broker(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> MakeBroker:
    """Return what makes a broker of each kind, with the devices that stand and a port."""
    server = authority.issue("localhost", is_server=True)
    bounds = BrokerBounds(packet_bytes=4096, packets_at_once=2000)

    def make(standing: Standing, port: int = 0) -> DeviceBroker:
        if request.param == "embedded":
            return MqttBroker(server, standing, port=port, bounds=bounds)
        program, folder = mosquitto_or_skip(), tmp_path / "mosquitto"
        return MosquittoBroker(server, standing, folder, program=program, port=port, bounds=bounds)

    return make


@pytest.fixture
async def any_broker(make_broker: MakeBroker) -> AsyncIterator[DeviceBroker]:
    running = make_broker(Standing([A, B]))
    await running.start()
    yield running
    await running.stop()
