"""The node's folder with its keys and its enrolment."""

from pathlib import Path

import msgspec

from platone.infra.key_file import load_key, write_private
from platone.infra.mqtt.enrolment import make_request
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.signature import SigningKey
from platone.messages.metering import DeviceCredentials, DeviceEnrolment


class NodeFolder:
    """The files of one Light Node; private keys are readable by their owner only.

    Args:
        path: The folder; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.key: SigningKey = load_key(path / "device.key")
        self.journal_file = path / "node.db"
        self.tls = TlsFiles(path / "ca.pem", path / "tls.pem", path / "tls.key")
        self._credentials_file = path / "credentials.json"
        self._request_file = path / "tls.csr"

    def enrolment(self, pod_id: str) -> DeviceEnrolment:
        """Return a request to enrol at a point of delivery; made again, it has the same TLS key."""
        if not self.tls.key.exists() or not self._request_file.exists():
            secret, request = make_request(self.key)
            write_private(self.tls.key, secret)
            write_private(self._request_file, request)
        csr = self._request_file.read_text()
        return DeviceEnrolment(device=self.key.address, pod_id=pod_id, csr=csr)

    def install(self, credentials: DeviceCredentials) -> None:
        """Write the credentials that the access layer answered."""
        self.tls.certificate.write_text(credentials.certificate)
        self.tls.authority.write_text(credentials.ca)
        write_private(self._credentials_file, msgspec.json.encode(credentials))

    def credentials(self) -> DeviceCredentials | None:
        """Return the credentials of the enrolment; None before it."""
        if not self._credentials_file.exists():
            return None
        return msgspec.json.decode(self._credentials_file.read_bytes(), type=DeviceCredentials)
