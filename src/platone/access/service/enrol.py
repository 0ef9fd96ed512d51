"""Enrolment of a Light Node at a point of delivery, and its revocation."""

import asyncio
from dataclasses import replace

from platone.access.domain.problem import (
    DeviceRevoked,
    DeviceTaken,
    DeviceUnknown,
    PodMetered,
    PodUnknown,
)
from platone.access.domain.validation import Device, DeviceStatus
from platone.access.records.device import DeviceRecords
from platone.access.service.ports import (
    CertificateAuthority,
    DeviceDoor,
    NodeRegister,
    PodDirectory,
)
from platone.infra.mqtt.enrolment import certificate_end
from platone.kernel.clock import Clock
from platone.kernel.errors import NotOwner
from platone.messages.metering import (
    CertificateRequest,
    DeviceEnrolment,
    IssuedCertificate,
    TokenHolder,
)


class Enrolment:
    """Enrols and revokes devices.

    Args:
        devices: The devices that are stored.
        pods: The Shared Customer Database.
        authority: Signs the devices' TLS certificates.
        register: The register of keys on the chain.
        door: The door of their messages.
        clock: The time of enrolment.
    """

    def __init__(
        self,
        devices: DeviceRecords,
        pods: PodDirectory,
        authority: CertificateAuthority,
        register: NodeRegister,
        door: DeviceDoor,
        clock: Clock,
    ) -> None:
        self._devices = devices
        self._pods = pods
        self._authority = authority
        self._register = register
        self._door = door
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def enrol(
        self, asked: DeviceEnrolment, party_id: str, holder: TokenHolder
    ) -> IssuedCertificate:
        """Enrol a device at a PoD of the party's portfolio; again: a new certificate.

        The device's proof of its key (see :mod:`platone.infra.mqtt.enrolment`) is checked before.

        Args:
            asked: The device, its PoD and its request.
            party_id: The party.
            holder: Whose token asks.

        Raises:
            PodUnknown: There is no such PoD.
            NotOwner: The PoD is in another party's portfolio.
            DeviceTaken: The device is enrolled at another PoD, or by another party.
            PodMetered: The PoD has another device.
            DeviceRevoked: The device was revoked before.
            TokenInvalid: The holder is gone: credentials outlast its token.
        """
        pod = await self._pods.pod(asked.pod_id)
        if pod is None:
            raise PodUnknown(f"{asked.pod_id} is not registered.", podId=asked.pod_id)
        if pod.aggregator_id != party_id:
            raise NotOwner(f"{asked.pod_id} is not in {party_id}'s portfolio.", podId=asked.pod_id)
        async with self._one_at_a_time:
            await self._check_free(asked, party_id)
            registered = await self._register.register(asked.device)
            request = CertificateRequest(csr=asked.csr, common_name=asked.device, asked_by=holder)
            issued = await self._authority.issue(request)
            device = Device(
                asked.device,
                asked.pod_id,
                party_id,
                max(pod.pn_p, pod.inp),
                DeviceStatus.ACTIVE,
                registered.transaction_hash,
            )
            ends_at = await asyncio.to_thread(certificate_end, issued.certificate)
            await self._devices.save(device, self._clock.now(), ends_at)
            self._door.admit(device.address)
        return issued

    async def _check_free(self, asked: DeviceEnrolment, party_id: str) -> None:
        for device in await self._devices.select():
            if device.status is DeviceStatus.REVOKED:
                if device.address == asked.device:
                    raise DeviceRevoked(f"{asked.device} was revoked.")
                continue
            same_pod, same_device = device.pod_id == asked.pod_id, device.address == asked.device
            if same_device and not (same_pod and device.owner == party_id):
                raise DeviceTaken(f"{asked.device} is enrolled elsewhere.")
            if same_pod and not same_device:
                raise PodMetered(f"{asked.pod_id} has a device already.", podId=asked.pod_id)

    async def revoke(self, address: str, party_id: str | None) -> Device:
        """Revoke a device: it is hung up on, nothing of it is taken, and the chain says so.

        Args:
            address: The device.
            party_id: Its owner; None for whoever may revoke any.

        Raises:
            DeviceUnknown: There is none, or it is another party's.
        """
        async with self._one_at_a_time:
            found = [it for it in await self._devices.select(party_id) if it.address == address]
            if not found:
                raise DeviceUnknown(f"{address} is not known.")
            if found[0].status is DeviceStatus.REVOKED:
                return found[0]
            revoked = replace(found[0], status=DeviceStatus.REVOKED)
            await self._devices.revoke(revoked, self._clock.now())
            self._door.withdraw(address)
        return revoked
