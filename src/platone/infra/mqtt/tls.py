"""Mutual TLS: both sides show a certificate of our own authority, and no other is trusted."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The PEM files of one side of a connection.

    Attributes:
        authority: Certificate of the authority that signs both sides.
        certificate: This side's certificate.
        key: This side's private key.
    """

    authority: Path
    certificate: Path
    key: Path


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that refuses every client without a certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _loaded(context, files)


class _HandshakeSocket(ssl.SSLSocket):
    """A socket that is closed where its handshake fails; paho 2.1 would leave it open."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - as the library has it
        """Shake hands, or close."""
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except BaseException:
            self.close()
            raise


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that shows a certificate, and checks the server's name and certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = _HandshakeSocket
    return _loaded(context, files)


def reload_context(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Have a context use the certificate that is in its files now, for new connections.

    Raises:
        OSError, ssl.SSLError: The files cannot be read, or do not belong together.
    """
    # tried first: a context whose files fail in the middle would be left with half of them
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)
    context.load_cert_chain(files.certificate, files.key)
    if context.verify_mode is ssl.CERT_REQUIRED:
        context.load_verify_locations(cafile=files.authority)


def _loaded(context: ssl.SSLContext, files: TlsFiles) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=files.authority)
    context.load_cert_chain(files.certificate, files.key)
    return context


def common_name(peer: ssl.SSLObject | None) -> str:
    """Return the one common name of the verified peer certificate; empty where there is none."""
    certificate: dict[str, Any] = (peer.getpeercert() or {}) if peer else {}
    names = [
        str(value)
        for relative_name in certificate.get("subject", ())
        for key, value in relative_name
        if key == "commonName"
    ]
    return names[0] if len(names) == 1 else ""
