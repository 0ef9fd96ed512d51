"""The merit order: offers by price, what was taken of them, and the price that cleared."""

from collections.abc import Sequence
from dataclasses import dataclass

from platone.kernel.canvas import Canvas, number

_WIDTH = 420.0
"""Width of the drawing, px: half of a page, so that two stand side by side."""
_HEIGHT = 256.0
"""Height of the drawing, px."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 412.0, 30.0, 206.0
"""Edges of the area within the axes, px."""
_WIDE_ENOUGH = 56.0
"""Least width of an offer that holds its name, px."""
_LABEL = 150.0
"""Width of the text at the line of the need, px."""


_LINE = 13.0
"""Height of a line of small text, px."""


@dataclass(frozen=True, slots=True)
class Bid:
    """An offer in the merit order; magnitudes in kW, price in EUR/kWh."""

    name: str
    offered_kw: float
    taken_kw: float
    price: float


def draw_merit(bids: Sequence[Bid], need_kw: float, cleared: float | None, limit: float) -> str:
    """Draw offers from cheap to dear as blocks, the need and the cleared price as lines.

    Args:
        bids: In the order in which they are taken.
        need_kw: What is needed, magnitude.
        cleared: The price of the request; none where nothing was taken.
        limit: The most that the request pays.
    """
    offered_kw = sum(bid.offered_kw for bid in bids)
    widest = max(offered_kw, need_kw, 1e-9) * 1.04
    dearest = max([limit, *(bid.price for bid in bids), 1e-9]) * 1.12
    canvas = Canvas(_WIDTH, _HEIGHT, f"Merit order: {need_kw:.1f} kW are needed")

    def x_of(kw: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * kw / widest

    def y_of(price: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * max(price, 0.0) / dearest

    _axes(canvas, x_of(need_kw), y_of(limit), limit)
    sold = 0.0
    for bid in bids:
        left, middle, right = x_of(sold), x_of(sold + bid.taken_kw), x_of(sold + bid.offered_kw)
        top = min(y_of(bid.price), _BOTTOM - 2)
        canvas.rectangle(left, top, middle - left, _BOTTOM - top, "sold")
        canvas.rectangle(middle, top, right - middle, _BOTTOM - top, "unsold")
        centre = (left + right) / 2
        if right - left > _WIDE_ENOUGH:
            canvas.text(centre, top - 7, f"{number(bid.price, 2)} €", "small strong", "middle")
            canvas.text(centre, _BOTTOM + 16, f"…{bid.name[-4:]}", "small", "middle")
            canvas.text(centre, _BOTTOM + 31, _share(bid), "small soft", "middle")
        sold += bid.offered_kw
    canvas.line((x_of(need_kw), _TOP - 6), (x_of(need_kw), _BOTTOM), "need")
    is_left = x_of(need_kw) < (_LEFT + _RIGHT) / 2
    beside, anchor = (6, "start") if is_left else (-6, "end")
    words = f"need {number(need_kw, 2)} kW"
    canvas.text(x_of(need_kw) + beside, _TOP + 2, words, "small strong need-text", anchor)
    if cleared is not None:
        canvas.line((_LEFT, y_of(cleared)), (x_of(need_kw), y_of(cleared)), "cleared")
        beside_limit = y_of(limit) + _LINE  # two prices that are near would stand on each other
        y = y_of(cleared) if cleared == limit else max(y_of(cleared), beside_limit)
        canvas.text(_LEFT - 6, y + 4, number(cleared, 2), "small strong", "end")
    return canvas.svg()


def _share(bid: Bid) -> str:
    if bid.taken_kw >= bid.offered_kw:
        return f"all {number(bid.offered_kw, 0)} kW"
    return f"{number(bid.taken_kw, 1)} of {number(bid.offered_kw, 0)} kW"


def _axes(canvas: Canvas, need_x: float, limit_y: float, limit: float) -> None:
    canvas.line((_LEFT, _BOTTOM), (_RIGHT, _BOTTOM), "axis")
    canvas.line((_LEFT, _TOP - 6), (_LEFT, _BOTTOM), "axis")
    canvas.text(2, _TOP - 16, "€/kWh", "small soft")
    canvas.text(_RIGHT, _BOTTOM + 47, "kW, cheapest first", "small soft", "end")
    canvas.line((_LEFT, limit_y), (_RIGHT, limit_y), "limit")
    canvas.text(_LEFT - 6, limit_y + 4, number(limit, 2), "small soft", "end")
    has_room = need_x < _RIGHT - _LABEL
    anchor, x = ("end", _RIGHT) if has_room else ("start", _LEFT + 6)
    canvas.text(x, limit_y - 5, "price limit of the request", "small soft", anchor)
