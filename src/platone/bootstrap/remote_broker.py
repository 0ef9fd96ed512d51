"""The broker of a partner, and the certificate by which the DSO's platform is let in there."""

import asyncio
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from platone.infra.http.client import PartyClient
from platone.infra.http.partner import Partner, Partners
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.key_file import write_private
from platone.infra.mqtt.enrolment import make_service_request
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import SystemClock
from platone.messages.metering import CertificateRequest, IssuedCertificate

_PATH = "/api/identity/certificates"
"""Where the partner signs requests."""
_LOOK_S = 60.0
"""Pause between two looks at the certificate, s: its life is a year, a partner's change is rare."""
_RENEWAL = timedelta(days=30)
"""Rest of a certificate's life at which a new one is asked for."""


class RemoteBroker:
    """The broker of the partner that runs the access layer.

    Args:
        partners: The partners.
        party: The system operator's calls, by which the certificate is asked for.
        folder: Where key and certificate are kept.
        identity: The name that the broker knows this client by.

    Attributes:
        tls: The files of key and certificate; they are there once the partner has answered.
    """

    def __init__(self, partners: Partners, party: PartyClient, folder: Path, identity: str) -> None:
        self._partners, self._party = partners, party
        self._identity = identity
        self._clock = SystemClock()
        self.tls = TlsFiles(
            folder / "broker-ca.pem", folder / "broker.pem", folder / "broker-key.pem"
        )

    @property
    def host(self) -> str:
        """Return the broker's host; raises PartnerUnavailable as long as it is not known."""
        return self._address()[0].strip("[]")

    @property
    def port(self) -> int:
        """Return the broker's port, likewise."""
        return int(self._address()[1])

    async def turn(self) -> None:
        """Have a certificate made where there is none that the broker would let in, and wait.

        Raises:
            PartnerUnavailable: The partner is not known, or does not answer.
        """
        if not await asyncio.to_thread(self._is_current, self._holder()):
            secret, request = await asyncio.to_thread(make_service_request, self._identity)
            order = CertificateRequest(csr=request.decode(), common_name=self._identity)
            home = self._holder().told.url
            issued = await self._party.post(_PATH, order, IssuedCertificate, home)
            await asyncio.to_thread(self._save, secret, issued)
        await asyncio.sleep(_LOOK_S)

    def _save(self, secret: bytes, issued: IssuedCertificate) -> None:
        self.tls.certificate.unlink(missing_ok=True)  # broken off, all is asked for anew
        write_private(self.tls.key, secret)
        write_private(self.tls.authority, issued.ca.encode())
        write_private(self.tls.certificate, issued.certificate.encode())

    def _is_current(self, holder: Partner) -> bool:
        try:
            found = x509.load_pem_x509_certificate(self.tls.certificate.read_bytes())
            authority = x509.load_pem_x509_certificate(holder.told.authority.encode())
            found.verify_directly_issued_by(authority)
        except (OSError, ValueError, TypeError, InvalidSignature):
            return False
        return self._clock.now() + _RENEWAL < found.not_valid_after_utc

    def _holder(self) -> Partner:
        """Return the partner that has the broker.

        Raises:
            PartnerUnavailable: There is none.
        """
        found = [each for each in self._partners.all() if each.told.mqtt is not None]
        if not found:
            raise PartnerUnavailable("No partner has a broker: add the file of one that does.")
        return found[0]

    def _address(self) -> tuple[str, str]:
        host, _, port = (self._holder().told.mqtt or "").rpartition(":")
        return host, port
