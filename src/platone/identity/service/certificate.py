"""Certificates of devices, signed by request, and of the server's own transport identities."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from platone.identity.domain.certificate import CertificateOrder, Usage, is_current
from platone.identity.domain.problem import HolderGone, TransportNameReserved
from platone.identity.records.certificate import CertificateRecords
from platone.identity.records.file import TlsStore
from platone.identity.service.lasting import CheckLasting
from platone.identity.service.ports import Authority
from platone.infra.http.security import TokenInvalid
from platone.infra.mqtt.enrolment import check_request, check_service_request
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import Clock
from platone.kernel.errors import NotOwner
from platone.kernel.signature import checksum_address
from platone.messages.metering import CertificateRequest, IssuedCertificate

_DEVICE = re.compile(r"0x[0-9a-fA-F]{40}")
SYSTEM_OPERATOR = "dso"
"""The transport identity of the system operator's platform, which may run on another server."""
_OURSELVES = "platone"
"""Party that stands in the records as the requester of the server's own certificates."""


def _check_device(name: str) -> None:
    is_address = _DEVICE.fullmatch(name) is not None
    if not is_address or checksum_address(bytes.fromhex(name[2:])) != name:
        raise TransportNameReserved(
            f"{name} is not an address with its EIP-55 checksum.", commonName=name
        )


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Signs certificate requests of devices, which prove their keys, and of the DSO's platform."""

    authority: Authority
    certificates: CertificateRecords
    clock: Clock
    check_lasting: CheckLasting

    async def for_device(self, request: CertificateRequest, party_id: str) -> IssuedCertificate:
        """Sign a device's request, record the certificate, and return it.

        Raises:
            TransportNameReserved: The name is not a device's.
            RequestInvalid: The request is none, or the device did not give its proof.
            HolderGone: Who has asked for it is gone: a certificate outlasts its token.
        """
        if request.asked_by is not None:
            try:
                await self.check_lasting(request.asked_by)
            except TokenInvalid as gone:  # of who has asked, not of who calls
                raise HolderGone(gone.detail) from gone
        _check_device(request.common_name)
        key = await asyncio.to_thread(check_request, request.csr, request.common_name)
        return await self._signed(key, request.common_name, party_id)

    async def for_operator(self, request: CertificateRequest, party_id: str) -> IssuedCertificate:
        """Sign the request of the system operator's platform, likewise.

        Raises:
            NotOwner: The name is another's.
            RequestInvalid: The request is none.
        """
        if request.common_name != SYSTEM_OPERATOR:
            raise NotOwner(f"{party_id} may ask for the name {SYSTEM_OPERATOR} only.")
        key = await asyncio.to_thread(check_service_request, request.csr, SYSTEM_OPERATOR)
        return await self._signed(key, SYSTEM_OPERATOR, party_id)

    async def _signed(
        self, key: ec.EllipticCurvePublicKey, name: str, party_id: str
    ) -> IssuedCertificate:
        order, now = CertificateOrder(name, Usage.CLIENT), self.clock.now()
        certificate = self.authority.sign(key, order, now)
        await self.certificates.add(certificate, order, party_id, now)
        return IssuedCertificate(
            certificate=certificate.public_bytes(Encoding.PEM).decode(),
            ca=self.authority.certificate.public_bytes(Encoding.PEM).decode(),
        )


@dataclass(frozen=True, slots=True)
class KeepTransportIdentity:
    """Keeps the server's own keys and certificates, and renews them before they end."""

    authority: Authority
    store: TlsStore
    certificates: CertificateRecords
    clock: Clock

    async def server(self, hosts: Sequence[str]) -> TlsFiles:
        """Return the server's certificate for host names and addresses, renewed if need be.

        Raises:
            ValueError: There is no host, or a name that is not ASCII.
        """
        if not hosts:
            raise ValueError("a server's certificate names at least one host")
        return await self._keep(
            "server", CertificateOrder(hosts[0][:64], Usage.SERVER, tuple(hosts))
        )

    async def client(self, name: str) -> TlsFiles:
        """Return the client certificate of a transport identity such as ``access``.

        Raises:
            ValueError: The name is not one to make files of.
        """
        if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) is None:
            raise ValueError(f"{name!r} is no name of a transport identity")
        return await self._keep(f"client-{name}", CertificateOrder(name, Usage.CLIENT))

    async def _keep(self, file: str, order: CertificateOrder) -> TlsFiles:
        now = self.clock.now()
        stored = await asyncio.to_thread(self.store.current, file)
        if stored is None or not is_current(stored, self.authority.certificate, order, now):
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = self.authority.sign(key.public_key(), order, now)
            await self.certificates.add(certificate, order, _OURSELVES, now)
            await asyncio.to_thread(self.store.save, file, key, certificate)
        return self.store.files(file)
