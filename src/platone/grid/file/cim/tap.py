"""Tap changers: what they make of a winding's voltage, live where steps are alike, else fixed.

A tap changer multiplies the voltage of its winding by ``turn``, the voltage at the terminal by
that inside: ``ratio`` in magnitude; a positive angle of CIM is an advance from the terminal into
the transformer, so ``turn`` lags by it (IEC 61970-301, TapChangerTablePoint).
"""

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.grid import Grid

_KINDS = (
    "RatioTapChanger",
    "PhaseTapChangerLinear",
    "PhaseTapChangerSymmetrical",
    "PhaseTapChangerAsymmetrical",
    "PhaseTapChangerTabular",
)
_ALIKE = 1e-7
"""Difference of ratios that is none, per unit: numbers of CIM have about seven digits."""
_SAME_REACTANCE = 1e-3
"""Relative difference of reactances that is none: files round them to a few digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A tap changer as it stands.

    Attributes:
        id: Its identifier.
        turn: Complex ratio of the voltages at its terminal and inside.
        position: Where it stands; a whole number where it is live.
        neutral: Position of the ratio 1.
        least: Its least position.
        most: Its greatest position.
        step_percent: What a step adds; 0 where its steps are not alike: it is fixed then.
        step_deg: At which angle a step is added.
        series: By what the end's resistance and reactance are multiplied at this position.
        shunt: By what its conductance and susceptance are.
        reactance: The winding's reactance at this position, ohm; none: as at all others.
    """

    id: str
    turn: complex = 1.0 + 0.0j
    position: float = 0.0
    neutral: int = 0
    least: int | None = None
    most: int | None = None
    step_percent: float = 0.0
    step_deg: float = 0.0
    series: tuple[float, float] = (1.0, 1.0)
    shunt: tuple[float, float] = (1.0, 1.0)
    reactance: float | None = None

    @property
    def is_live(self) -> bool:
        """Return whether the network model can move the tap."""
        return self.step_percent != 0.0


class TapTable:
    """The tap changers of all transformer ends."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._of_end: dict[str, list[CimObject]] = {}
        for each in grid.equipment(*_KINDS):
            name = "RatioTapChanger" if each.kind == "RatioTapChanger" else "PhaseTapChanger"
            end = each.text(f"{name}.TransformerEnd", f"{name}.TransformerWinding")
            self._of_end.setdefault(end, []).append(each)
        self._points = {
            kind: grid.model.grouped(f"{kind}Point", f"{kind}Point.{kind}")
            for kind in ("RatioTapChangerTable", "PhaseTapChangerTable")
        }

    def of(self, end: CimObject) -> list[Tap]:
        """Return the tap changers of a transformer's end; their faults are the end's."""
        taps = []
        own = end.maybe("PowerTransformerEnd.x") or 0.0
        for each in self._of_end.get(end.key, ()):
            taps.append(self._tap(each, own))
            end.faults += each.faults
        return taps

    def _tap(self, record: CimObject, own: float) -> Tap:
        neutral = record.whole("TapChanger.neutralStep", 0)
        position = self._position(record, neutral)
        least, most = record.maybe("TapChanger.lowStep"), record.maybe("TapChanger.highStep")
        record.require_step(position, least, most)
        table = self._table(record)
        bounds = Tap(
            id=record.id,
            position=position,
            neutral=neutral,
            least=None if least is None else math.floor(least),
            most=None if most is None else math.ceil(most),
        )
        if table:
            found = _of_table(record, bounds, table)
        else:
            found = _OF_KIND[record.kind](record, bounds, own)
        if abs(found.turn) < _LEAST_TURN:
            record.fault("its position leaves next to nothing of the voltage")
            return replace(found, turn=1 + 0j)
        return found

    def _position(self, record: CimObject, neutral: int) -> float:
        """Return its position; of one that is controlled the solved one, if known."""
        given, solved = record.maybe("TapChanger.step"), self._grid.solved.tap.get(record.key)
        if record.flag("TapChanger.controlEnabled", default=False):
            given, solved = solved, given
        if given is None:
            given = solved
        return record.number("TapChanger.normalStep", float(neutral)) if given is None else given

    def _table(self, record: CimObject) -> Sequence[CimObject]:
        name = "RatioTapChanger" if record.kind == "RatioTapChanger" else "PhaseTapChanger"
        reference = record.text(f"{record.kind}.{name}Table")
        if not reference:
            if record.kind == "PhaseTapChangerTabular":
                record.fault("its table is missing")
            return ()
        found = self._points[f"{name}Table"].get(reference, [])
        if not found and (name == "PhaseTapChanger" or not record.values.get(_INCREMENT)):
            record.fault("its table has no points")
        return found


_INCREMENT = "RatioTapChanger.stepVoltageIncrement"
_LEAST_TURN = 0.01
"""Least ratio of voltages of a tap changer: real ones stay within some tens of percent of 1."""


def _stepped(tap: Tap, percent: float, deg: float) -> Tap:
    """Return a changer whose steps each add the same voltage; between two steps it is fixed."""
    turn = 1 + cmath.rect((tap.position - tap.neutral) * percent / 100, math.radians(deg))
    if not tap.position.is_integer():
        return replace(tap, turn=turn)
    return replace(tap, turn=turn, step_percent=percent, step_deg=deg)


def _ratio(record: CimObject, tap: Tap, _own: float) -> Tap:
    return _stepped(tap, record.number(_INCREMENT), 0.0)


def _asymmetrical(record: CimObject, tap: Tap, own: float) -> Tap:
    percent = record.number("PhaseTapChangerNonLinear.voltageStepIncrement")
    deg = record.number("PhaseTapChangerAsymmetrical.windingConnectionAngle")
    found = _stepped(tap, percent, deg)
    high = _greatest_reactance(record, "PhaseTapChangerNonLinear", own)
    if high is None:
        return found
    outer = [_asymmetrical_angle(at, tap.neutral, percent, deg) for at in (tap.most, tap.least)]
    share = _asymmetrical_share(cmath.phase(found.turn), max(outer, key=abs), math.radians(deg))
    return replace(found, step_percent=0.0, reactance=own + (high - own) * share)


def _asymmetrical_share(alpha: float, largest: float, theta: float) -> float:
    """Return the share of the reactance's growth (ENTSO-E, Phase Shift Transformers Modelling)."""
    bent = math.sin(theta) - math.tan(alpha) * math.cos(theta)
    if not largest or not bent:
        return 0.0
    bend = (math.sin(theta) - math.tan(largest) * math.cos(theta)) / bent
    return (math.tan(alpha) / math.tan(largest) * bend) ** 2


def _asymmetrical_angle(at: int | None, neutral: int, percent: float, deg: float) -> float:
    steps = 0 if at is None else at - neutral
    return cmath.phase(1 + cmath.rect(steps * percent / 100, math.radians(deg)))


def _symmetrical(record: CimObject, tap: Tap, own: float) -> Tap:
    percent = record.number("PhaseTapChangerNonLinear.voltageStepIncrement")

    def angle(position: float) -> float:
        return 2 * math.atan((position - tap.neutral) * percent / 200)

    return _rotated(record, tap, [angle(each) for each in _range(tap)], own)


def _linear(record: CimObject, tap: Tap, own: float) -> Tap:
    degrees = record.number("PhaseTapChangerLinear.stepPhaseShiftIncrement")
    angles = [math.radians((each - tap.neutral) * degrees) for each in _range(tap)]
    return _rotated(record, tap, angles, own)


def _range(tap: Tap) -> tuple[float, float, float]:
    least = tap.position if tap.least is None else tap.least
    most = tap.position if tap.most is None else tap.most
    return tap.position, least, most


def _rotated(record: CimObject, tap: Tap, angles: list[float], own: float) -> Tap:
    """Return a changer that turns by an angle; its reactance may grow with it."""
    alpha, *outer = angles
    found = replace(tap, turn=cmath.rect(1, alpha))
    linear = record.kind == "PhaseTapChangerLinear"
    owner = record.kind if linear else "PhaseTapChangerNonLinear"
    high = _greatest_reactance(record, owner, own)
    largest = max(abs(each) for each in outer)
    if high is None:
        return found
    share = (math.sin(alpha / 2) / math.sin(largest / 2)) ** 2 if largest else 0.0
    return replace(found, reactance=own + (high - own) * share)


def _greatest_reactance(record: CimObject, owner: str, own: float) -> float | None:
    """Return the reactance at the outermost position; none where the winding's own holds at all.

    The least must be the winding's; where they differ the winding's own counts (CGMES 3.0,
    PhaseTapChangerNonLinear.xMin).
    """
    low, high = record.maybe(f"{owner}.xMin"), record.maybe(f"{owner}.xMax")
    if high is None or high <= own or own <= 0:
        return None
    fits = low is None or low <= 0 or math.isclose(low, own, rel_tol=_SAME_REACTANCE)
    return high if fits else None


def _of_table(record: CimObject, tap: Tap, points: Sequence[CimObject]) -> Tap:
    """Return a changer whose steps stand in a table, live where the table's steps are alike."""
    at = {point.number("TapChangerTablePoint.step"): point for point in points}
    here = at.get(tap.position)
    if here is None:
        record.fault(f"its table has no point for its step {tap.position:g}")
        return tap
    turns = {step: _turn(point) for step, point in at.items()}
    shares = {part: 1 + here.number(f"TapChangerTablePoint.{part}", 0.0) / 100 for part in "rxgb"}
    for point in points:
        record.faults += point.faults
    found = replace(
        tap,
        turn=turns[tap.position],
        series=(shares["r"], shares["x"]),
        shunt=(shares["g"], shares["b"]),
    )
    return _live(found, turns, points)


def _turn(point: CimObject) -> complex:
    ratio = point.number("TapChangerTablePoint.ratio", 1.0)
    degrees = point.maybe("PhaseTapChangerTablePoint.angle", "TapChangerTablePoint.angle") or 0.0
    return cmath.rect(ratio, math.radians(degrees))


def _live(tap: Tap, turns: dict[float, complex], points: Sequence[CimObject]) -> Tap:
    varies = any(point.maybe(f"TapChangerTablePoint.{part}") for point in points for part in "rxgb")
    first, last = min(turns), max(turns)
    if varies or first == last:
        return tap
    step = (turns[last] - turns[first]) / (last - first)
    if abs(step) < _ALIKE:
        return tap
    neutral = first + (1 - turns[first]) / step
    alike = all(abs(turn - (1 + (at - neutral) * step)) < _ALIKE for at, turn in turns.items())
    whole = abs(neutral - round(neutral.real)) < _ALIKE / abs(step)
    if not (alike and whole and tap.position.is_integer()):
        return tap
    in_phase = abs(step.imag) < _ALIKE * abs(step)
    return replace(
        tap,
        neutral=round(neutral.real),
        step_percent=(step.real if in_phase else abs(step)) * 100,
        step_deg=0.0 if in_phase else math.degrees(cmath.phase(step)),
    )


def _tabular(_thing: CimObject, tap: Tap, _own: float) -> Tap:
    return tap  # that its table is missing has been noted


_OF_KIND: dict[str, Callable[[CimObject, Tap, float], Tap]] = {
    "RatioTapChanger": _ratio,
    "PhaseTapChangerLinear": _linear,
    "PhaseTapChangerSymmetrical": _symmetrical,
    "PhaseTapChangerAsymmetrical": _asymmetrical,
    "PhaseTapChangerTabular": _tabular,
}
