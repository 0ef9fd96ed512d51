"""A participant's endpoint: a real HTTPS server that takes, fails, hangs, redirects and lies."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_STATUSES = {
    "take": "204 No Content",
    "fail": "500 No",
    "redirect": "307 There",
    "gone": "410 Gone",
}


class Receiver:
    """An endpoint that takes messages, or behaves as it is told, one behaviour a call.

    It takes; fails; redirects; hangs; lies (takes, and breaks off); or holds (takes, and never
    answers).
    """

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.behaviours: list[str] = []
        self.always = "take"
        self.held = threading.Event()
        self.port = 0
        self.certificate = Path()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hook"

    @property
    def taken(self) -> list[str]:
        """The identifiers that came, each once, in order: as one who honours them counts."""
        return list(dict.fromkeys(headers["webhook-id"] for headers, _ in self.calls))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:] if line)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        what = self.behaviours.pop(0) if self.behaviours else self.always
        if what in {"take", "lie", "hold"}:
            self.calls.append((headers, body))
        if what in {"hang", "hold"}:
            self.held.set()
            await asyncio.sleep(3600)
        if what != "lie":  # which takes the message, and breaks off without an answer
            status = _STATUSES[what]
            writer.write(
                f"HTTP/1.1 {status}\r\nLocation: https://localhost:{self.port}/other\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
        writer.close()


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = folder / "receiver.pem"
    file.write_bytes(private + text)
    return file
