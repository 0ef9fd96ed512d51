"""Pictures of payments: bars over time, and the energy of one of them."""

from collections.abc import Callable, Sequence
from datetime import date

from platone.dashboard.domain.payment import Energy, Paid
from platone.kernel.axis import round_marks
from platone.kernel.canvas import Canvas
from platone.kernel.figure import plain_amount

_WIDTH, _HEIGHT = 360.0, 190.0
"""Size of the picture of payments, px: as wide as a telephone."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 350.0, 16.0, 156.0
"""Edges of the area within the axes, px."""
_MOST_NAMES = 6
"""Most names on the axis of time."""
_LETTER = 6.6
"""Width that a letter of a name is given, px: so that names do not touch."""
_GAP = 0.25
"""Part of a bar's place that is left free."""
_BAR_HEIGHT = 16.0
"""Height of the bar of energy, px."""


def draw_payments(
    paid: Sequence[Paid], name: Callable[[date], str], description: str, language: str
) -> str:
    """Draw tokens by day or by month as bars that begin at nothing; negative ones hang down."""
    canvas = Canvas(_WIDTH, _HEIGHT, description)
    amounts = [float(each.tokens) for each in paid]
    low, high = min([0.0, *amounts]), max([0.0, *amounts])
    high = high if high > low else low + 1.0

    def y_of(tokens: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (tokens - low) / (high - low)

    for tokens in round_marks(low, high).values:
        canvas.line((_LEFT, y_of(tokens)), (_RIGHT, y_of(tokens)), "grid")
        text = plain_amount(tokens, language)
        canvas.text(_LEFT - 6, y_of(tokens) + 4, text, "small soft", "end")
    place = (_RIGHT - _LEFT) / max(len(paid), 1)
    names = [name(each.on) for each in paid]
    longest = max([1, *map(len, names)])
    most = max(1, min(_MOST_NAMES, int((_RIGHT - _LEFT) // ((longest + 1) * _LETTER))))
    every = -(-len(paid) // most)
    width = min(place * (1 - _GAP), 48.0)
    for at, tokens in enumerate(amounts):
        middle = _LEFT + place * (at + 0.5)
        edges = sorted((y_of(tokens), y_of(0.0)))
        canvas.rectangle(middle - width / 2, edges[0], width, edges[1] - edges[0], "sold")
        if at % every == 0:
            canvas.text(middle, _BOTTOM + 20, names[at], "small soft", "middle")
    canvas.line((_LEFT, y_of(0.0)), (_RIGHT, y_of(0.0)), "axis")
    return canvas.svg()


def draw_energy(energy: Energy, description: str) -> str:
    """Draw the energy of a payment as a bar: what was delivered, and what is missing of it."""
    canvas = Canvas(_WIDTH, _BAR_HEIGHT + 2, description)
    whole = energy.ordered or 1.0
    width = (_WIDTH - 2) * energy.delivered / whole
    canvas.rectangle(1, 1, width, _BAR_HEIGHT, "sold")
    if energy.is_missing:
        canvas.rectangle(1 + width, 1, _WIDTH - 2 - width, _BAR_HEIGHT, "unsold")
    return canvas.svg()
