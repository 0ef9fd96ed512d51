"""The routes of consumers' typical days, and of forecasts with their errors."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Response

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
from platone.dso.domain.profile_set import ProfileSet
from platone.dso.service.consumer_forecast import ForecastConsumers
from platone.dso.service.profile import BuildProfiles, EraseProfiles, ReadProfiles
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_forecast import DayForecast, ForecastRule
from platone.grid.profile.public_holiday import CalendarChoice
from platone.infra.calculation.job import JobResult
from platone.infra.calculation.result import Written
from platone.infra.http.job import LATER, CalculationDoor, Call, calling
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, only_operator, require
from platone.infra.http.wire import answer, body, documented, read_bounded
from platone.infra.listing import Part
from platone.kernel.errors import NotOwner
from platone.messages.base import Role

MAX_FILE_BYTES = 64 * 1024 * 1024
"""Longest metering file, bytes: a year of quarter-hours of some 50 consumers."""
_CREATED = 201
"""HTTP status of what was made and stored."""
_NO_CONTENT = 204
"""HTTP status of what was deleted."""

_PAGE = 100
"""Most sets in one answer, with what was remarkable in each: some 1 MB."""
_CSV = {"text/csv": "time,consumer,p_kw\r\n2020-06-22T22:00:00Z,load/street,60.5\r\n"}

CustomerOf = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class ProfileService:
    """The use cases that the routes call.

    Attributes:
        build: Makes typical days.
        read: Shows them.
        erase: Erases them.
        forecast: Forecasts consumers.
        customer_of: Tells who is supplied at a point of delivery.
    """

    build: BuildProfiles
    read: ReadProfiles
    erase: EraseProfiles
    forecast: ForecastConsumers
    customer_of: CustomerOf


def profile_router(service: ProfileService, door: CalculationDoor, dso: str) -> APIRouter:
    """Make the routes of profiles and forecasts."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    _build_routes(router, service, door, dso)
    _forecast_route(router, service, door, dso)
    _erase_route(router, service, dso)
    _read_routes(router, service, dso)
    return router


def _build_routes(
    router: APIRouter, service: ProfileService, door: CalculationDoor, dso: str
) -> None:
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post("/profiles", **documented(ProfileQuestion, ProfileSetForm, status=201, also=LATER))
    async def post_profiles(
        call: writer_call,
        question: Annotated[ProfileQuestion, body(ProfileQuestion)],
    ) -> Response:
        """Make typical days of the measurements in the Shared Customer Database.

        For each point of delivery, month and kind of day (working, preHoliday, holiday) a curve of
        96 quarter-hours, in place of those that it had. What was remarkable in the measurements
        is said; nothing is changed because of it.
        """
        order = profile_order(question)
        if order.end <= order.start:
            raise MeteringInvalid("endTime must come after startTime.")

        async def made() -> JobResult:
            return _created(await service.build(order))

        return await door.answer(call, made)

    @router.post(
        "/profiles/metering",
        **documented(
            gives=ProfileSetForm,
            status=201,
            also=LATER,
            takes_files=_CSV,
            limit=MAX_FILE_BYTES,
        ),
    )
    async def post_metering(
        call: writer_call,
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
        content = await read_bounded(call.request, MAX_FILE_BYTES)
        choice = CalendarChoice(country, subdivision, tuple(local_days))

        async def made() -> JobResult:
            return _created(await service.build.of_file(content, choice, min_days))

        return await door.answer(call, made)


def _forecast_route(
    router: APIRouter, service: ProfileService, door: CalculationDoor, dso: str
) -> None:
    writer_call = Annotated[Call, Depends(calling(only_dso(dso)))]

    @router.post("/consumerForecast", **documented(ForecastQuestion, Forecasts, also=LATER))
    async def post_forecast(
        call: writer_call,
        question: Annotated[ForecastQuestion, body(ForecastQuestion)],
    ) -> Response:
        """Forecast the rest of the day and the next two, with the error it has had.

        All models and the naive references are tested on the days before, each with what was
        known then; each point of delivery gets the model with the least error. Stores nothing.
        """
        order = forecast_order(question)

        async def made() -> JobResult:
            found = await service.forecast(order)
            written = await door.jobs.calculate(_forecasts, order.pod_ids, found, order.rule)
            return JobResult(written[1])

        return await door.answer(call, made)


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
    async def get_profiles(
        _principal: reader, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List the sets of typical days that still count for a consumer, the latest last."""
        found = await service.read.sets(part)
        return answer(ProfileSets(sets=found.of(to_profile_set).items, next=found.next))

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


def _created(made: ProfileSet) -> JobResult:
    return JobResult(msgspec.json.encode(to_profile_set(made)), _CREATED)


def _forecasts(
    pod_ids: tuple[str, ...], found: Sequence[DayForecast], rule: ForecastRule
) -> Written:
    return Written(msgspec.json.encode(to_forecasts(pod_ids, found, rule)))
