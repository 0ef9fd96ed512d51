"""The routes of pictures of networks: pages and images."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response

from platone.dso.api.caller import dso_or_auditor
from platone.dso.service.calculation.picture import PictureFormat, PictureLayout
from platone.dso.service.picture import DrawEstimate, DrawPicture
from platone.grid.study.limit import parse_voltage_band
from platone.infra.calculation.job import JobResult
from platone.infra.calculation.result import ResultFile
from platone.infra.http.job import LATER, LONGEST_S, CalculationDoor, Call, calling
from platone.infra.http.wire import documented, shown_as
from platone.kernel.errors import MalformedMessage
from platone.messages.base import Instant

_TYPES = ("text/html", "image/svg+xml", "image/png")
_INSTANT = shown_as(Instant)
_Version = Annotated[str | None, Query(description="Default: the one stored last")]
_Form = Annotated[PictureFormat, Query(alias="format")]
_Day = Annotated[
    str | None,
    Query(
        alias="startTime",
        description="An instant of the market day. Default: the state that the file describes",
        json_schema_extra=_INSTANT,
    ),
]

_Trades = Annotated[
    bool,
    Query(
        description="Whether the trades of the day count; without them it is drawn as forecast, "
        "from baselines alone"
    ),
]

_Band = Annotated[
    str | None,
    Query(
        alias="voltageBand",
        description="Voltages that all buses may have, per unit of nominal, such as 0.9:1.1. "
        "Default: the network's own limits",
    ),
]


def picture_router(
    draw: DrawPicture, draw_estimate: DrawEstimate, door: CalculationDoor, dso: str
) -> APIRouter:
    """Make the routes of pictures."""
    router = APIRouter(prefix="/api/dso", tags=["dso"])
    _network_routes(router, draw, door, dso)
    _estimate_routes(router, draw_estimate, door, dso)
    return router


def _network_routes(router: APIRouter, draw: DrawPicture, door: CalculationDoor, dso: str) -> None:
    reader_call = Annotated[Call, Depends(calling(dso_or_auditor(dso)))]

    @router.get("/networks/{network_id}/picture", **_pictures())
    async def get_picture(  # noqa: PLR0913 - one parameter an option
        call: reader_call,
        network_id: str,
        *,
        start: _Day = None,
        form: _Form = "html",
        layout: Annotated[PictureLayout, Query()] = "auto",
        version: _Version = None,
        band: _Band = None,
        since: Annotated[
            str | None,
            Query(
                alias="changedSince",
                description="An earlier version: what was added or changed since is marked, and "
                "what was removed is named on the page",
            ),
        ] = None,
        trades: _Trades = True,
    ) -> Response:
        """Draw a network with loading, voltages and alarms.

        A page (`html`) is one file that needs nothing else; it shows every quarter-hour of the
        market day. An image (`svg`, `png`) shows the quarter-hour that begins at `startTime`, or
        the one with the worst alarm where that is the day's start. The day is calculated from
        the present baselines and validated trades, as by `POST /api/dso/powerFlow`.
        """
        wanted = None if start is None else _instant(start)
        limits = None if band is None else parse_voltage_band(band)
        draws = partial(draw.network, since=since, with_trades=trades)
        work = partial(draws, network_id, version, wanted, form, layout, limits)
        return await _answer(door, call, work, form)

    @router.get("/networks/{network_id}/heatMap", **_pictures())
    async def get_heat_map(
        call: reader_call,
        network_id: str,
        start: Annotated[
            str,
            Query(
                alias="startTime", description="An instant of the day", json_schema_extra=_INSTANT
            ),
        ],
        form: _Form = "svg",
        version: _Version = None,
        *,
        trades: _Trades = True,
    ) -> Response:
        """Draw the loading of a market day's branches, the most severe first."""
        draws = partial(draw.heat_map, with_trades=trades)
        work = partial(draws, network_id, version, _instant(start), form)
        return await _answer(door, call, work, form)


def _estimate_routes(
    router: APIRouter, draw_estimate: DrawEstimate, door: CalculationDoor, dso: str
) -> None:
    reader_call = Annotated[Call, Depends(calling(dso_or_auditor(dso)))]

    @router.get("/stateEstimation/picture", **_pictures())
    async def get_latest_estimate_picture(
        call: reader_call,
        form: _Form = "html",
        layout: Annotated[PictureLayout, Query()] = "auto",
    ) -> Response:
        """Draw the state estimation made last: how sure it is, and which measurements are bad."""
        work = partial(draw_estimate, None, form, layout)
        return await _answer(door, call, work, form)

    @router.get("/stateEstimation/{run_id}/picture", **_pictures())
    async def get_estimate_picture(
        call: reader_call,
        run_id: str,
        form: _Form = "html",
        layout: Annotated[PictureLayout, Query()] = "auto",
    ) -> Response:
        """Draw a state estimation."""
        work = partial(draw_estimate, run_id, form, layout)
        return await _answer(door, call, work, form)


async def _answer(
    door: CalculationDoor,
    call: Call,
    work: Callable[[], Awaitable[ResultFile]],
    form: PictureFormat,
) -> Response:
    headers = {"X-Content-Type-Options": "nosniff"}
    if form == "svg":  # an SVG file may hold scripts; ours holds none, and none would run
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"

    async def drawn() -> JobResult:
        return JobResult(await work(), headers=headers)

    return await door.answer(call, drawn, patience_s=LONGEST_S)


def _pictures() -> dict[str, Any]:
    examples = dict.fromkeys(_TYPES, "<!DOCTYPE html><html>…</html>")
    return documented(gives_files=examples, also=LATER, response_class=Response)


def _instant(text: str) -> datetime:
    try:
        return msgspec.convert(text, Instant)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"startTime: {error}") from error
