"""The page of the design language: every part that pages are made of."""

from datetime import UTC, datetime
from decimal import Decimal

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.domain.problem import SignInNeeded
from platone.dashboard.service.visit import Visitor
from platone.kernel.merit_order import Bid, draw_merit

_COLOURS = (
    ("good", "as it should be"),
    ("near", "close to a limit, or waiting"),
    ("over", "beyond a limit, or failed"),
    ("bad", "a measurement that cannot be right"),
    ("accent", "what can be pressed"),
    ("base", "baseline"),
    ("offer", "offered"),
    ("market", "sold on the market"),
    ("valid", "left by the check on the grid"),
    ("meter", "measured"),
    ("need", "what is needed"),
    ("cleared", "the price that was cleared"),
)
_SERIES = ("first", "second", "third", "fourth", "fifth", "sixth")
"""Colours of series that have no meaning but to be told apart."""
_SIZES = (("h1", 34), ("h2", 20), ("h3", 16.5), ("text", 16), ("table", 14.5), ("small", 14))
"""Sizes of letters, px; on a telephone the first is 25."""
_BIDS = (Bid("IT001E0071", 12.0, 12.0, 0.05), Bid("IT001E0072", 9.0, 4.0, 0.08))
_MOMENT = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


def design_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of the design language, which anyone may see."""

    @router.get("/design")
    async def get_design(request: Request) -> Response:
        """Show the parts that pages are made of."""
        try:
            visitor: Visitor | None = await desk.visitor(request)
        except SignInNeeded:
            visitor = None
        return desk.show(
            request,
            "design.html.j2",
            visitor,
            colours=_COLOURS,
            series=_SERIES,
            sizes=_SIZES,
            picture=draw_merit(_BIDS, 16.0, 0.08, 0.1),
            moment=_MOMENT,
            amount=Decimal("1234.5675"),
        )
