"""Tables of pages as files: each is read by its page's own calls, and so with the same rights."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.device import all_letters
from platone.dashboard.api.grid import alarms_of
from platone.dashboard.api.history import history_of
from platone.dashboard.api.market import sessions_asked
from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod import day_curves, pods_asked
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.api.tomorrow import offered_rows
from platone.dashboard.domain import money_file, record_file, session_file
from platone.dashboard.domain.day_picture import DayCurves
from platone.dashboard.domain.history import Row
from platone.dashboard.domain.offered_session import OFFERED
from platone.dashboard.domain.right import DataRight, data_rights
from platone.dashboard.domain.table_file import Columns
from platone.dashboard.service.visit import Visitor
from platone.messages.books import BookAccounts, Invoices
from platone.messages.delivery import DeliveryAlarmPage, DispatchPage, OpenLinePage
from platone.messages.dispute import DisputePage
from platone.messages.ledger import AgreementProposals, Agreements
from platone.messages.metering import EnrolledDevices
from platone.messages.plan import PodForecastPage
from platone.messages.portfolio import PortfolioPage

Read = Callable[[Desk, Visitor, Request], Awaitable[Iterable[Any]]]
"""Reads the rows of a table that an address asks for."""


def _listed(route: str, kind: type[Any], name: str) -> Read:
    """Return how a table is read that is one list of an answer of REST."""

    async def read(_desk: Desk, visitor: Visitor, _request: Request) -> Iterable[Any]:
        found: Iterable[Any] = getattr(await visitor.calls.get(route, kind), name)
        return found

    return read


async def _day(desk: Desk, visitor: Visitor, request: Request) -> list[tuple[DayCurves, int]]:
    day = await day_asked(desk.zone, visitor, request.query_params.get("day", ""))
    _, curves = await day_curves(visitor, request.path_params["pod_id"], day)
    return [(curves, place) for place in range(day.quarter_hours)]


async def _history(desk: Desk, visitor: Visitor, request: Request) -> list[Row]:
    asked = request.query_params
    pod, span = request.path_params["pod_id"], asked.get("span", "week")
    found = await history_of(desk, visitor, pod, span, asked.get("day", ""))
    return found.rows


async def _dispatch(desk: Desk, visitor: Visitor, request: Request) -> list[record_file.Sold]:
    day = await day_asked(desk.zone, visitor, request.query_params.get("day", ""))
    path = f"/api/aggregator/dispatch/{day.on.isoformat()}"
    found = await visitor.calls.get(path, DispatchPage)
    return [(day, each.pod_id, quarter) for each in found.pods for quarter in each.quarters]


async def _rights(_desk: Desk, _visitor: Visitor, _request: Request) -> Iterable[DataRight]:
    return data_rights()


_FILES: Mapping[str, tuple[Columns[Any], Read]] = {
    "/market": (session_file.SESSIONS, sessions_asked),
    "/pods": (record_file.PODS, pods_asked),
    "/pods/{pod_id}/day": (record_file.DAY, _day),
    "/pods/{pod_id}/history": (record_file.HISTORY, _history),
    "/devices": (
        record_file.DEVICES,
        _listed("/api/access/devices", EnrolledDevices, "devices"),
    ),
    "/devices/refused": (record_file.LETTERS, all_letters),
    "/portfolio": (
        record_file.PORTFOLIO,
        _listed("/api/aggregator/pods", PortfolioPage, "pods"),
    ),
    "/portfolio/tomorrow": (OFFERED, offered_rows),
    "/portfolio/delivery": (record_file.DISPATCH, _dispatch),
    "/portfolio/delivery/alarms": (
        record_file.DELIVERY_ALARMS,
        _listed("/api/aggregator/alarms", DeliveryAlarmPage, "alarms"),
    ),
    "/portfolio/delivery/baselines": (
        record_file.FORECASTS,
        _listed("/api/aggregator/forecasts", PodForecastPage, "forecasts"),
    ),
    "/portfolio/delivery/unpaid": (
        record_file.OPEN_LINES,
        _listed("/api/aggregator/openLines", OpenLinePage, "lines"),
    ),
    "/rights": (record_file.RIGHTS, _rights),
    "/grid/alarms": (record_file.ALARMS, alarms_of),
    "/money/accounts": (
        money_file.ACCOUNTS,
        _listed("/api/books/accounts", BookAccounts, "accounts"),
    ),
    "/money/invoices": (
        money_file.INVOICES,
        _listed("/api/books/invoices", Invoices, "invoices"),
    ),
    "/money/agreements": (
        money_file.AGREEMENTS,
        _listed("/api/contracts/agreements", Agreements, "agreements"),
    ),
    "/money/proposals": (
        money_file.PROPOSALS,
        _listed("/api/contracts/agreementProposals", AgreementProposals, "proposals"),
    ),
    "/money/disputes": (
        money_file.DISPUTES,
        _listed("/api/settlementDispute", DisputePage, "disputes"),
    ),
}
"""The tables that are files, by the address of each without its ending."""


def file_pages(router: APIRouter, desk: Desk) -> None:
    """Add the addresses of files."""
    for path, (columns, read) in _FILES.items():
        _file(router, desk, path, columns, read)


def _file(router: APIRouter, desk: Desk, path: str, columns: Columns[Any], read: Read) -> None:
    @router.get(f"{path}.csv")
    async def get_file(request: Request) -> Response:
        """Give a table as a file."""
        visitor = await desk.visitor(request)
        rows = await read(desk, visitor, request)
        stem = request.url.path.removesuffix(".csv").strip("/")
        return desk.file("-".join([stem, *request.query_params.values()]), columns, rows)
