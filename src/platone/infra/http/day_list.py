"""Lists of market days over REST: `from` a day on, before the day `to`, or back from there."""

from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query

from platone.infra.day_list import DaySpan
from platone.infra.http.problem import tells
from platone.infra.http.wire import shown_as
from platone.kernel.errors import MalformedMessage

_DAY = shown_as(date)
_USUAL = DaySpan()


def asked_days() -> Any:
    """Return a FastAPI dependency that gives the market days that a caller asks for."""
    return Depends(_days)


@tells(MalformedMessage)
async def _days(
    first: Annotated[
        str | None, Query(alias="from", description="The first day", json_schema_extra=_DAY)
    ] = None,
    end: Annotated[
        str | None,
        Query(alias="to", description="The day after the last one", json_schema_extra=_DAY),
    ] = None,
    newest_first: Annotated[  # noqa: FBT002 - a query parameter
        bool, Query(alias="newestFirst", description="Whether the list goes back from its end")
    ] = False,
) -> DaySpan:
    since, until = _day(first, "from", _USUAL.first), _day(end, "to", _USUAL.end)
    return DaySpan(max(since, _USUAL.first), min(until, _USUAL.end), newest_first)


def _day(text: str | None, name: str, otherwise: date) -> date:
    """Return the day that a parameter names.

    Raises:
        MalformedMessage: It names none.
    """
    if text is None:
        return otherwise
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"{name}: {error}") from error
