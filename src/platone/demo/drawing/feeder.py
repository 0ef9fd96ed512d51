"""A feeder from its busbar to its end, with each branch's loading in one or more states."""

from collections.abc import Sequence
from dataclasses import dataclass

from platone.kernel.canvas import Canvas, number

NEAR_PERCENT = 90.0
"""Loading from which a branch is told to be near its limit, %."""
OVER_PERCENT = 100.0
"""Loading above which a branch is overloaded, %: its limit."""
_ROUNDING_PERCENT = 0.01
"""Loading above the limit that is no overload, %: a solved network ends at its limit but for
rounding."""
_WIDTH = 420.0
"""Width of a drawing, px: half of a page, so that two stand side by side."""
_SPINE = 22.0
"""Place of the first node, px from the left."""
_INDENT = 18.0
"""Step to the right of each branch further from the feeder's head, px."""
_NODE = 46.0
"""Height of a node with its name, px."""
_BAR = 15.0
"""Height of a bar with the room below it, px."""
_BAR_LEFT = 128.0
"""Left end of the bars, px: their states stand before it."""
_BAR_WIDTH = 170.0
"""Length of a whole bar, px: figures stand behind it."""
_SCALE_PERCENT = 160.0
"""Loading at a bar's end, %: the worst of the golden day is 122 %."""


@dataclass(frozen=True, slots=True)
class Load:
    """A branch's current in one state of the network.

    Attributes:
        state: What the state is called.
        current_a: At its more loaded end.
        limit_a: Allowed; none where nothing limits it.
    """

    state: str
    current_a: float
    limit_a: float | None

    @property
    def percent(self) -> float:
        """Return the current in percent of its limit; 0 where nothing limits it."""
        return 100 * self.current_a / self.limit_a if self.limit_a else 0.0

    @property
    def kind(self) -> str:
        """Return the class of the loading: good, near or over."""
        if self.percent > OVER_PERCENT + _ROUNDING_PERCENT:
            return "over"
        return "near" if self.percent >= NEAR_PERCENT else "good"


@dataclass(frozen=True, slots=True)
class Stop:
    """A bus of a feeder, and the branch that leads to it.

    Attributes:
        name: The bus.
        note: What stands there.
        has_pod: Whether a flexible customer does.
        depth: How many branchings lie before it.
        loads: The branch's loading, one a state; empty at the busbar.
    """

    name: str
    note: str
    has_pod: bool
    depth: int
    loads: tuple[Load, ...]


def draw_feeder(name: str, stops: Sequence[Stop]) -> str:
    """Draw a feeder as stops from top to bottom; bars show loading, the tick is the limit."""
    branch_height = 20.0 + _BAR * max((len(stop.loads) for stop in stops), default=0)
    height = _NODE + (len(stops) - 1) * (branch_height + _NODE) + 6
    canvas = Canvas(_WIDTH, height, f"Loading of feeder {name}")
    y = 20.0
    for stop in stops:
        if stop.loads:
            _branch(canvas, stop, y, branch_height)
            y += branch_height + _NODE
        _node(canvas, stop, y)
    return canvas.svg()


def _branch(canvas: Canvas, stop: Stop, y: float, height: float) -> None:
    x = _SPINE + stop.depth * _INDENT
    canvas.line((x, y + 8), (x, y + height + _NODE - 8), f"wire {stop.loads[-1].kind}")
    top = y + 27
    limit_x = _BAR_LEFT + _BAR_WIDTH * OVER_PERCENT / _SCALE_PERCENT
    for load in stop.loads:
        width = _BAR_WIDTH * min(load.percent, _SCALE_PERCENT) / _SCALE_PERCENT
        canvas.text(_BAR_LEFT - 8, top + 9.5, load.state, "small soft", "end")
        canvas.rectangle(_BAR_LEFT, top, _BAR_WIDTH, _BAR - 4, "track")
        canvas.rectangle(_BAR_LEFT, top, width, _BAR - 4, f"bar {load.kind}")
        limit = f" / {number(load.limit_a, 1)}" if load.limit_a else ""
        shown = f"{number(load.current_a, 2)}{limit} A"
        mark = "small strong over-text" if load.kind == "over" else "small"
        canvas.text(_BAR_LEFT + _BAR_WIDTH + 8, top + 9.5, shown, mark)
        top += _BAR
    if any(load.limit_a for load in stop.loads):
        canvas.line((limit_x, y + 24), (limit_x, top - 1), "limit")


def _node(canvas: Canvas, stop: Stop, y: float) -> None:
    x = _SPINE + stop.depth * _INDENT
    if not stop.loads:
        canvas.rectangle(x - 16, y - 5, 32, 10, "busbar")
    else:
        canvas.circle((x, y), 8 if stop.has_pod else 5, "pod" if stop.has_pod else "bus")
    canvas.text(x + 22, y - 1 if stop.note else y + 5, stop.name, "strong")
    if stop.note:
        canvas.text(x + 22, y + 14, stop.note, "small soft")
