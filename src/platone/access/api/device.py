"""The routes of devices under /api/access/devices: enrol, list, revoke."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from platone.access.domain.device_health import DeviceNews
from platone.access.records.device import DeviceRecords
from platone.access.service.enrol import Enrolment
from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, only_operator, require
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.infra.mqtt.enrolment import check_request
from platone.kernel.clock import Clock
from platone.messages.base import Role
from platone.messages.metering import (
    DeviceCredentials,
    DeviceEnrolment,
    EnrolledDevice,
    EnrolledDevices,
    TokenHolder,
)

_PAGE = 500
"""Most devices in one answer: some 200 kB."""
_owner = require(Role.FLEXIBILITY_SERVICE_PROVIDER)
_owner_or_administrator = require(
    Role.FLEXIBILITY_SERVICE_PROVIDER, Role.METERED_DATA_ADMINISTRATOR
)
_reader = require(
    Role.FLEXIBILITY_SERVICE_PROVIDER,
    Role.METERED_DATA_ADMINISTRATOR,
    Role.SYSTEM_OPERATOR,
    Role.AUDITOR,
)


def _view(news: DeviceNews, now: datetime) -> EnrolledDevice:
    device = news.device
    return EnrolledDevice(
        device=device.address,
        pod_id=device.pod_id,
        status=device.status.value,
        public_key_transaction=device.transaction,
        health=news.health(now),
        last_message_at=news.last_message_at,
        refused_messages=news.refused,
        last_refused_at=news.last_refused_at,
        last_refusal=news.last_refusal,
        certificate_ends_at=news.certificate_ends_at,
    )


def _scope(principal: Principal) -> str | None:
    """Return the party whose devices a caller may see; None: everyone's."""
    only_owner = not principal.has(
        Role.METERED_DATA_ADMINISTRATOR, Role.SYSTEM_OPERATOR, Role.AUDITOR
    )
    return principal.party_id if only_owner else None


async def _state_of(devices: DeviceRecords, address: str) -> dict[str, str]:
    """Return a device as the log of changes tells it; nothing where it is new."""
    found = await devices.find(address)
    return {} if found is None else {"pod": found.pod_id, "status": found.status.value}


def device_router(
    enrolment: Enrolment,
    devices: DeviceRecords,
    endpoint: Callable[[], tuple[str, int]],
    signer: str,
    dso: str,
    clock: Clock,
) -> APIRouter:
    """Make the routes of devices.

    Args:
        enrolment: Enrols and revokes.
        devices: The devices that are stored.
        endpoint: The broker's host and TLS port.
        signer: Address of the key that signs receipts.
        dso: The system operator that sends setpoints to devices; others do not see them.
        clock: The market's clock, which tells how long a device is silent.
    """
    router = APIRouter(tags=["access"])

    @router.post(
        "/api/access/devices", **documented(DeviceEnrolment, DeviceCredentials, status=201)
    )
    async def post_device(
        request: Request,
        principal: Annotated[Principal, Depends(_owner)],
        asked: Annotated[DeviceEnrolment, body(DeviceEnrolment)],
    ) -> Response:
        """Enrol a Light Node at a PoD of the caller's portfolio; again: a new certificate."""
        await asyncio.to_thread(check_request, asked.csr, asked.device)
        before = await _state_of(devices, asked.device)
        holder = TokenHolder(
            client_id=principal.client_id,
            sign_in_id=principal.sign_in_id,
            issued_s=principal.issued_s,
        )
        issued = await enrolment.enrol(asked, principal.party_id, holder)
        told = {"pod": asked.pod_id, "status": "active", "certificate": "made anew"}
        await record_change(request, principal, ("device", asked.device), before, told)
        host, port = endpoint()
        credentials = DeviceCredentials(
            device=asked.device,
            pod_id=asked.pod_id,
            certificate=issued.certificate,
            ca=issued.ca,
            host=host,
            port=port,
            receipt_signer=signer,
        )
        return answer(credentials, 201)

    _reading_route(router, devices, clock, dso)
    _revoking_route(router, enrolment, devices, clock)
    return router


def _reading_route(router: APIRouter, devices: DeviceRecords, clock: Clock, dso: str) -> None:
    @router.get("/api/access/devices", **documented(gives=EnrolledDevices))
    async def get_devices(
        principal: Annotated[Principal, Depends(only_operator(dso, _reader))],
        part: Annotated[Part, asked_part(_PAGE)],
        pod_id: Annotated[str | None, Query(alias="podId", max_length=40)] = None,
    ) -> Response:
        """List enrolled devices and their health: an aggregator its own; DSO and auditor all."""
        found, now = await devices.news(part, _scope(principal), pod_id), clock.now()
        shown = [_view(news, now) for news in found.items]
        return answer(EnrolledDevices(devices=shown, next=found.next))


def _revoking_route(
    router: APIRouter, enrolment: Enrolment, devices: DeviceRecords, clock: Clock
) -> None:
    @router.delete("/api/access/devices/{device}", **documented(gives=EnrolledDevice))
    async def delete_device(
        request: Request,
        principal: Annotated[Principal, Depends(_owner_or_administrator)],
        device: str,
    ) -> Response:
        """Revoke a device for good: it is hung up on, and nothing of it is taken any more.

        The register of nodes on the chain says so, too.
        """
        before = await _state_of(devices, device)
        revoked = await enrolment.revoke(device, _scope(principal))
        gone = _view(await devices.news_of(revoked.address), clock.now())
        told = {"pod": gone.pod_id, "status": gone.status}
        await record_change(request, principal, ("device", gone.device), before, told)
        return answer(gone)
