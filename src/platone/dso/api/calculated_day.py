"""The route of market days that were calculated."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.dso.api.caller import dso_or_auditor
from platone.dso.service.power_flow import ReadAlarms
from platone.infra.day_list import DaySpan
from platone.infra.http.day_list import asked_days
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal
from platone.infra.http.wire import answer, documented
from platone.infra.listing import Part
from platone.messages.calculated_day import CalculatedDays

_DAYS = 400
"""Most days in one answer: a year and a month, some 250 kB."""


def calculated_day_routes(router: APIRouter, read: ReadAlarms, dso: str) -> None:
    """Add the route of calculated days."""

    @router.get("/days", **documented(gives=CalculatedDays))
    async def get_days(
        _principal: Annotated[Principal, Depends(dso_or_auditor(dso))],
        span: Annotated[DaySpan, asked_days()],
        part: Annotated[Part, asked_part(_DAYS)],
        network_id: Annotated[
            str | None,
            Query(alias="networkId", description="The network. Default: whichever was calculated"),
        ] = None,
    ) -> Response:
        """List market days that were calculated, with the stages of each whose alarms are kept.

        `POST /api/dso/powerFlow` calculates a day; requests of flexibility, limits told to the
        market and checks of market outcomes do so as well.
        """
        found = await read.days(span, network_id, part)
        return answer(CalculatedDays(days=found.items, next=found.next))
