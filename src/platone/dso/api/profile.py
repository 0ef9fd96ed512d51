"""The routes of consumers' typical days, and of forecasts with their errors."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from platone.dso.api.caller import dso_or_auditor, only_dso
from platone.dso.api.profile_mapping import (
    forecast_order,
    profile_order,
    to_curves,
    to_forecasts,
    to_profile_set,
)
from platone.dso.api.profile_schema import (
    Curves,
    ForecastQuestion,
    Forecasts,
    ProfileQuestion,
    ProfileSetForm,
    ProfileSets,
)
from platone.dso.service.consumer_forecast import ForecastConsumers
from platone.dso.service.profile import BuildProfiles, EraseProfiles, ProfileOrder, ReadProfiles
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.metering import Metering
from platone.grid.profile.public_holiday import CalendarChoice
from platone.grid.profile.typical_day import TypicalDayRule
from platone.infra.http.security import Principal, only_operator, require
from platone.infra.http.wire import answer, body, documented, read_bounded
from platone.kernel.errors import NotOwner
from platone.messages.base import Role

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Longest metering file, bytes: a year of quarter-hours of some 50 consumers."""
MAX_FILE_CONSUMERS = 2_000
"""Most consumers of a metering file, so that one call's calculation stays bounded."""
_NO_CONTENT = 204
"""HTTP status of what was deleted."""

_CSV = {"text/csv": "time,consumer,p_kw\r\n2020-06-22T22:00:00Z,load/street,60.5\r\n"}

ReadMetering = Callable[[Iterable[str]], Metering]
CustomerOf = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class ProfileService:
    """The use cases that the routes call.

    Attributes:
        build: Makes typical days.
        read: Shows them.
        erase: Erases them.
        forecast: Forecasts consumers.
        read_file: Reads a metering file's lines.
        customer_of: Tells who is supplied at a point of delivery.
    """

    build: BuildProfiles
    read: ReadProfiles
    erase: EraseProfiles
    forecast: ForecastConsumers
    read_file: ReadMetering
    customer_of: CustomerOf


def profile_router(service: ProfileService, dso: str) -> APIRouter:
    """Make the routes of profiles and forecasts."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    _build_routes(router, service, dso)
    _erase_route(router, service, dso)
    _read_routes(router, service, dso)
    return router


def _build_routes(router: APIRouter, service: ProfileService, dso: str) -> None:
    writer = Annotated[Principal, Depends(only_dso(dso))]

    @router.post("/profiles", **documented(ProfileQuestion, ProfileSetForm, status=201))
    async def post_profiles(
        _principal: writer, question: Annotated[ProfileQuestion, body(ProfileQuestion)]
    ) -> Response:
        """Make typical days of the measurements in the Shared Customer Database.

        For each point of delivery, month and kind of day (working, preHoliday, holiday) a curve of
        96 quarter-hours, in place of those that it had. What was remarkable in the measurements
        is said; nothing is changed because of it.
        """
        order = profile_order(question)
        if order.end <= order.start:
            raise MeteringInvalid("endTime must come after startTime.")
        return answer(to_profile_set(await service.build(order)), 201)

    @router.post(
        "/profiles/metering",
        **documented(gives=ProfileSetForm, status=201, takes_files=_CSV),
    )
    async def post_metering(
        _principal: writer,
        request: Request,
        country: Annotated[str, Query(pattern="^[A-Z]{2}$", description="ISO 3166-1 code")],
        subdivision: Annotated[str | None, Query(description="Part of the country")] = None,
        local_days: Annotated[
            list[str], Query(alias="localDay", description="MM-DD; repeat it for many")
        ] = [],  # noqa: B006 - FastAPI copies it
        min_days: Annotated[int, Query(alias="minDays", ge=1, le=31)] = 3,
    ) -> Response:
        """Make typical days of a CSV file, such as the DSO's own metering of its transformers.

        The body is `text/csv` with the columns of the reference page on profiles. Consumers may
        be any names: elements of the network, or points of delivery.
        """
        content = await read_bounded(request, MAX_FILE_BYTES)
        metering = await asyncio.to_thread(_parsed, service.read_file, content)
        choice = CalendarChoice(country, subdivision, tuple(local_days))
        order = ProfileOrder(metering.start, metering.end, choice, TypicalDayRule(min_days))
        return answer(to_profile_set(await service.build.of_metering(metering, order)), 201)

    @router.post("/consumerForecast", **documented(ForecastQuestion, Forecasts))
    async def post_forecast(
        _principal: writer, question: Annotated[ForecastQuestion, body(ForecastQuestion)]
    ) -> Response:
        """Forecast the rest of the day and the next two, with the error it has had.

        All models and the naive references are tested on the days before, each with what was
        known then; each point of delivery gets the model with the least error. Stores nothing.
        """
        order = forecast_order(question)
        found = await service.forecast(order)
        return answer(to_forecasts(order.pod_ids, found, order.rule))


def _erase_route(router: APIRouter, service: ProfileService, dso: str) -> None:
    writer = Annotated[Principal, Depends(only_dso(dso))]

    @router.delete("/profiles/{consumer:path}", **documented(status=_NO_CONTENT))
    async def delete_profiles(_principal: writer, consumer: str) -> Response:
        """Erase a consumer's typical days, and what sets of them say of it: personal data.

        Those of a point of delivery whose registration has ended are erased by themselves, when
        the platform next asks who is registered: for a power flow, an association, new profiles.
        """
        await service.erase(consumer)
        return Response(status_code=_NO_CONTENT)


def _read_routes(router: APIRouter, service: ProfileService, dso: str) -> None:
    reader = Annotated[Principal, Depends(dso_or_auditor(dso))]
    has_curves = require(Role.SYSTEM_OPERATOR, Role.CUSTOMER, Role.AUDITOR)
    curve_reader = Annotated[Principal, Depends(only_operator(dso, has_curves))]

    @router.get("/profiles", **documented(gives=ProfileSets))
    async def get_profiles(_principal: reader) -> Response:
        """List the sets of typical days that still count for a consumer, the latest last."""
        sets = [to_profile_set(made) for made in await service.read.sets()]
        return answer(ProfileSets(sets=sets))

    @router.get("/profiles/curves", **documented(gives=Curves))
    async def get_curves(
        principal: curve_reader,
        consumer: Annotated[str, Query(description="Point of delivery, or name in the file")],
    ) -> Response:
        """Show a consumer's typical days: 12 months of 3 kinds of day; a customer sees its own."""
        sees_all = principal.has(Role.SYSTEM_OPERATOR, Role.AUDITOR)
        if not sees_all and await service.customer_of(consumer) != principal.party_id:
            raise NotOwner(f"{consumer} is no point of delivery of {principal.party_id}.")
        number, typical = await service.read(consumer)
        return answer(to_curves(number, typical))


def _parsed(read: ReadMetering, content: bytes) -> Metering:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MeteringInvalid(f"The file is not UTF-8: {error}.") from error
    metering = read(io.StringIO(text, newline=""))
    if len(metering.consumers) > MAX_FILE_CONSUMERS:
        counts = f"{len(metering.consumers)} consumers; {MAX_FILE_CONSUMERS} are taken at once"
        raise MeteringInvalid(f"The file has {counts}.")
    return metering
