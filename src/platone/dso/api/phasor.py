"""The routes of power from phasor measurement units, and of the units' configuration."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.api.phasor_schema import (
    PhasorDeviceEntry,
    PhasorDevices,
    PhasorPower,
    PhasorProblem,
)
from platone.dso.domain.phasor import PhasorSample
from platone.dso.service.phasor_device import ReadingRules
from platone.dso.service.phasor_reading import ReadPower
from platone.grid.phasor.component import PhasorMeasurement
from platone.grid.phasor.power import power_message
from platone.infra.http.listing import asked_part
from platone.infra.http.problem import problem_of
from platone.infra.http.security import Principal
from platone.infra.http.wire import answer, body, documented, shown_as
from platone.infra.listing import Part
from platone.kernel.errors import MalformedMessage
from platone.messages.base import Identifier, Instant
from platone.messages.phasor import PhasorDevice, PhasorMessage

_PAGE = 1000
"""Most devices in one answer: some 100 kB."""
_INSTANT = shown_as(Instant)


def phasor_router(read: ReadPower, dso: str) -> APIRouter:
    """Make the routes of phasor power."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    _power_route(router, read, dso)
    _device_routes(router, read.knowledge.rules, dso)
    return router


def _power_route(router: APIRouter, read: ReadPower, dso: str) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]

    @router.get("/phasorPower/{device}", **documented(gives=PhasorPower))
    async def get_power(
        _principal: reader,
        device: str,
        from_: Annotated[
            str | None, Query(alias="from", description="First instant", json_schema_extra=_INSTANT)
        ] = None,
        to: Annotated[
            str | None, Query(description="Instant after the last", json_schema_extra=_INSTANT)
        ] = None,
    ) -> Response:
        """Show power from a device's phasors: the latest, or with `from` or `to` all kept of then.

        Positive is withdrawn from the grid. The latest is of each component its own.
        """
        begin, end = _instant(from_, "from"), _instant(to, "to")
        found = await read(device, begin, end)
        problems = [
            PhasorProblem(problem=problem_of(it.problem), count=it.count, last_at=it.last_at)
            for it in found.problems
        ]
        return answer(
            PhasorPower(
                device=device,
                results=list(_messages(device, found.taken)),
                next=found.rest,
                problems=problems,
            )
        )


def _device_routes(router: APIRouter, rules: ReadingRules, dso: str) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]
    writer = Annotated[Principal, Depends(only_dso(dso))]

    @router.get("/phasorDevices", **documented(gives=PhasorDevices))
    async def get_devices(_principal: reader, part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List the configured devices, and the unit of angles that holds for all others."""
        found = await rules.devices(part)
        devices = [
            PhasorDeviceEntry(device=device, configuration=configuration)
            for device, configuration in found.items
        ]
        return answer(
            PhasorDevices(default_angle_unit=rules.default, devices=devices, next=found.next)
        )

    @router.put("/phasorDevices/{device}", **documented(PhasorDevice, PhasorDeviceEntry))
    async def put_device(
        _principal: writer, device: str, wanted: Annotated[PhasorDevice, body(PhasorDevice)]
    ) -> Response:
        """Say how a device's readings are to be understood, from its next message on."""
        await rules.configure(_convert(device, Identifier, "device"), wanted)
        return answer(PhasorDeviceEntry(device=device, configuration=wanted))


def _messages(device: str, taken: Sequence[PhasorSample]) -> Iterator[PhasorMessage]:
    """Yield a message for each instant of which something was taken."""
    for at, group in groupby(taken, key=lambda each: each.at):
        components = [each.component for each in group]
        message = power_message(PhasorMeasurement(device, at, components, []))
        if message is not None:
            yield message


def _convert(value: Any, kind: Any, parameter: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"{parameter}: {error}", parameter=parameter) from error


def _instant(text: str | None, parameter: str) -> datetime | None:
    return None if text is None else _convert(text, Instant, parameter)
