"""Tap changers, as pandapower 3.5 counts them (its ``build_branch``)."""

import cmath
import math
from dataclasses import dataclass

from platone.grid.file.pandapower.document import Version
from platone.grid.file.pandapower.row import Row

_TYPES_SINCE: Version = (3, 0, 0, 0)
"""Version of pandapower from which files name the kind of a tap changer."""
_IN_RATIO = ("Ratio", "Symmetrical")
_QUADRATURE_DEG = 90
"""Step angle that older files mean a symmetrical phase shifter by, degrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A tap changer that changes something.

    Attributes:
        side: The winding it is on: hv, mv or lv.
        position: Where it stands.
        neutral: Where it changes nothing.
        step_percent: Voltage of a step.
        step_deg: The angle at which it is added.
        shift_deg: What an ideal phase shifter adds to the lag behind its own winding.
        least: Its least position.
        most: Its greatest position.
    """

    side: str
    position: int = 0
    neutral: int = 0
    step_percent: float = 0.0
    step_deg: float = 0.0
    shift_deg: float = 0.0
    least: int | None = None
    most: int | None = None

    @property
    def factor(self) -> complex:
        """The ratio of its winding's voltage to the rated one."""
        steps = (self.position - self.neutral) * self.step_percent / 100
        return 1 + cmath.rect(steps, math.radians(self.step_deg))


def read_tap(row: Row, version: Version, number: str = "") -> Tap | None:
    """Return a transformer's tap changer, the first or that of ``number`` 2; none: no effect."""
    kind = _type(row, version, number)
    side = row.text(f"tap{number}_side")
    position, neutral = row.maybe(f"tap{number}_pos"), row.maybe(f"tap{number}_neutral")
    if side not in {"hv", "mv", "lv"} or position is None or neutral is None:
        return None
    percent = row.number(f"tap{number}_step_percent", 0.0)
    degree = row.number(f"tap{number}_step_degree", 0.0)
    bounds = (row.maybe(f"tap{number}_min"), row.maybe(f"tap{number}_max"))
    if kind and (percent or degree):
        row.require_step(position, *bounds)
    if kind == "Ideal":
        return _ideal(row, side, position - neutral, percent, degree)
    if kind not in _IN_RATIO or percent == 0:
        return None
    if not (position.is_integer() and neutral.is_integer()):  # a regulator without steps
        steps = position - neutral
        return Tap(side=side, position=1, step_percent=percent * steps, step_deg=degree)
    least, most = (None if each is None else int(each) for each in bounds)
    return Tap(
        side=side,
        position=int(position),
        neutral=int(neutral),
        step_percent=percent,
        step_deg=degree,
        least=least,
        most=most,
    )


def stands_unused(row: Row, version: Version) -> bool:
    """Return whether it stands off neutral but has no type: pandapower then leaves it out."""
    position, neutral = row.maybe("tap_pos"), row.maybe("tap_neutral")
    moved = position is not None and neutral is not None and position != neutral
    return moved and not _type(row, version, "") and row.number("tap_step_percent", 0.0) != 0


def _type(row: Row, version: Version, number: str) -> str:
    """Return its type; before format 3 the steps tell it (pandapower's ``convert_format``)."""
    if row.flag("tap_dependency_table", default=False):
        row.unsupported("its ratio and impedance are a table over its taps")
        return ""
    if version >= _TYPES_SINCE:
        return row.text(f"tap{number}_changer_type")
    percent = row.number(f"tap{number}_step_percent", 0.0)
    degree = row.number(f"tap{number}_step_degree", 0.0)
    if percent:
        return "Symmetrical" if degree == _QUADRATURE_DEG else "Ratio"
    return "Ideal" if degree else ""


def _ideal(row: Row, side: str, steps: float, percent: float, degree: float) -> Tap:
    if percent and degree:
        row.unsupported("its phase shifter has steps in percent and in degrees")
    half = steps * percent / 200
    if abs(half) > 1:
        row.fault("its phase shifter stands beyond a half turn")
        half = 0.0
    shift_deg = steps * degree if degree else 2 * math.degrees(math.asin(half))
    return Tap(side=side, shift_deg=shift_deg)
