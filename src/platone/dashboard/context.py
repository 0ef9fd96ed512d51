"""The dashboard, put together: who visits, and the pages."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.account import account_pages
from platone.dashboard.api.agreement import agreement_pages
from platone.dashboard.api.chain import chain_pages
from platone.dashboard.api.day_calculation import day_calculation_pages
from platone.dashboard.api.delivery import delivery_pages
from platone.dashboard.api.design import design_pages
from platone.dashboard.api.device import device_pages
from platone.dashboard.api.dispute import dispute_pages
from platone.dashboard.api.erasure import erasure_pages
from platone.dashboard.api.estimate import estimate_pages
from platone.dashboard.api.file import file_pages
from platone.dashboard.api.first_day import first_day_pages
from platone.dashboard.api.grid import grid_pages
from platone.dashboard.api.grid_request import grid_request_pages
from platone.dashboard.api.heat_map import heat_map_pages
from platone.dashboard.api.history import history_pages
from platone.dashboard.api.household import household_pages
from platone.dashboard.api.household_choice import household_choice_pages
from platone.dashboard.api.household_data import household_data_pages
from platone.dashboard.api.household_notice import household_notice_pages
from platone.dashboard.api.job import job_pages
from platone.dashboard.api.market import market_pages
from platone.dashboard.api.money import money_pages
from platone.dashboard.api.network_picture import network_picture_pages
from platone.dashboard.api.offer import offer_pages
from platone.dashboard.api.outage import outage_pages
from platone.dashboard.api.overview import overview_pages
from platone.dashboard.api.page import Desk, page_route, show_refusal
from platone.dashboard.api.passkey import passkey_pages
from platone.dashboard.api.people import people_pages
from platone.dashboard.api.pod import pod_pages
from platone.dashboard.api.portfolio import portfolio_pages
from platone.dashboard.api.proof import proof_pages
from platone.dashboard.api.reading import reading_pages
from platone.dashboard.api.right import right_pages
from platone.dashboard.api.second_factor import second_factor_pages
from platone.dashboard.api.sign_in import sign_in_pages
from platone.dashboard.api.tomorrow import tomorrow_pages
from platone.dashboard.api.version import version_pages
from platone.dashboard.domain.proof_check import CheckProof
from platone.dashboard.domain.reason import state_in_words
from platone.dashboard.service.visit import Visitor, Visits
from platone.infra.page.asset import asset_router
from platone.infra.page.render import Pages
from platone.kernel.errors import PlatoneError

_NOT_FOUND = 404
"""The status of an address at which nothing is."""
_LONGEST_SHOWN = 200
"""How much of an address that leads nowhere is shown, characters: enough to see the slip in it."""

_PAGES: tuple[Callable[[APIRouter, Desk], None], ...] = (
    sign_in_pages,
    file_pages,
    overview_pages,
    first_day_pages,
    market_pages,
    offer_pages,
    pod_pages,
    device_pages,
    portfolio_pages,
    delivery_pages,
    tomorrow_pages,
    money_pages,
    agreement_pages,
    dispute_pages,
    grid_pages,
    network_picture_pages,
    grid_request_pages,
    day_calculation_pages,
    job_pages,
    outage_pages,
    heat_map_pages,
    version_pages,
    estimate_pages,
    account_pages,
    passkey_pages,
    second_factor_pages,
    people_pages,
    erasure_pages,
    right_pages,
    chain_pages,
    household_pages,
    household_choice_pages,
    household_data_pages,
    household_notice_pages,
    reading_pages,
    history_pages,
    design_pages,
)


class Dashboard:
    """The web pages; they keep nothing, and hold no rights of their own.

    Args:
        visits: Signs browsers in, and knows them again.
        check: Checks a proof file.
        base_url: Where the server is reached.
        zone: Zone of the site.
        version: Version of the product.
        dso: The market's own DSO.

    Attributes:
        router: The pages' addresses, which OpenAPI does not show.
    """

    def __init__(
        self,
        visits: Visits,
        check: CheckProof,
        *,
        base_url: str,
        zone: str,
        version: str,
        dso: str = "DSO",
    ) -> None:
        pages = Pages(zone, "platone.dashboard", filters={"state": state_in_words})
        self._desk = desk = Desk(visits, pages, base_url, zone, version, dso)
        made = APIRouter(include_in_schema=False, route_class=page_route(desk))
        for add in _PAGES:
            add(made, desk)
        proof_pages(made, desk, check)
        self.router = APIRouter()
        self.router.include_router(asset_router())
        self.router.include_router(made)

    async def nowhere(self, request: Request) -> Response:
        """Say to whoever asks for a page that there is none at this address."""
        try:
            visitor: Visitor | None = await self._desk.visitor(request)
        except PlatoneError:
            visitor = None
        told: dict[str, object] = {
            "title": "There is no such page",
            "detail": f"Nothing is at {request.url.path[:_LONGEST_SHOWN]}.",
            "reasons": [],
            "slug": "",
            "is_nowhere": True,
        }
        return show_refusal(self._desk, _NOT_FOUND, request, visitor, told)

    async def start(self) -> None:
        """Begin: there is nothing to open."""

    async def stop(self) -> None:
        """End: there is nothing to close."""
