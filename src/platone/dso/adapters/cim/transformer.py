"""Transformers with two windings.

CIM gives each winding its impedance at its own rated voltage and its no-load admittance at its
terminal's side of that; tap changers are between terminal and both (IEC 61970-301,
PowerTransformerEnd). The network model takes the sums, seen from the first winding.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass

from platone.dso.adapters.cim.grid import End, Grid
from platone.dso.adapters.cim.limit import LimitTable
from platone.dso.adapters.cim.tap import Tap, TapTable
from platone.dso.adapters.cim.thing import Thing
from platone.dso.domain.network.branch import Magnetising, ThreeWindingTransformer, Transformer
from platone.dso.domain.network.fault import FaultKind

NOMINAL_MVA = 100.0
"""The base for what is told in percent where a transformer has no rated power."""
_LETTERS = frozenset("YDZA")
_TWO = 2


@dataclass(frozen=True, slots=True)
class Coil:
    """A winding as the files give it, at the present tap position, in ohm and siemens.

    Attributes:
        thing: Its end of the transformer.
        end: Where it is connected.
        kv: Rated voltage.
        mva: Rated power; none where it has none.
        series: Its impedance at its rated voltage.
        shunt: Its admittance at its rated voltage.
        taps: Its tap changers.
    """

    thing: Thing
    end: End
    kv: float
    mva: float | None
    series: complex
    shunt: complex
    taps: tuple[Tap, ...]


class CoilTable:
    """The windings of all transformers."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._taps = TapTable(grid)
        name = "PowerTransformerEnd.PowerTransformer"
        self._ends = grid.model.grouped("PowerTransformerEnd", name)

    def of(self, unit: Thing) -> list[Coil]:
        """The windings of a transformer in the order of their numbers."""
        found = [self._coil(unit, each) for each in self._ends.get(unit.key, ())]
        return sorted(found, key=lambda coil: coil.thing.number("TransformerEnd.endNumber", 0.0))

    def _coil(self, unit: Thing, thing: Thing) -> Coil:
        terminal = self._grid.model.find(thing.text("TransformerEnd.Terminal"), "Terminal")
        if terminal is None:
            unit.fault(f"its winding {thing.id!r} has no terminal")
            end = End("", 1.0, "", "", closed=True)
        else:
            end = self._grid.end(unit, terminal)
        taps = tuple(self._taps.of(thing))
        r, x = (thing.number(f"PowerTransformerEnd.{part}") for part in "rx")
        g, b = (thing.number(f"PowerTransformerEnd.{part}", 0.0) for part in "gb")
        for tap in taps:
            if tap.reactance is not None:
                low, high, share = tap.reactance
                least = x if low is None else low
                x = least + (high - least) * share
            r, x = r * tap.series[0], x * tap.series[1]
            g, b = g * tap.shunt[0], b * tap.shunt[1]
        kv = thing.number("PowerTransformerEnd.ratedU")
        if kv <= 0:
            thing.fault("its rated voltage is not above 0 kV", FaultKind.VOLTAGE_LEVEL)
            kv = 1.0
        mva = thing.maybe("PowerTransformerEnd.ratedS") or None
        unit.faults += thing.faults
        return Coil(thing, end, kv, mva, complex(r, x), complex(g, b), taps)


def read_transformers(
    grid: Grid, limits: LimitTable
) -> tuple[list[Transformer], list[ThreeWindingTransformer]]:
    """Transformers with two and with three windings."""
    from platone.dso.adapters.cim.three_winding import three_windings  # noqa: PLC0415

    coils, two, three = CoilTable(grid), [], []
    unrated: list[str] = []
    for each in grid.equipment("PowerTransformer"):
        own = coils.of(each)
        if len(own) not in {2, 3}:
            each.unsupported(f"it has {len(own)} windings: two and three are understood")
        if not grid.take(each, [coil.end for coil in own]):
            continue
        if all(coil.mva is None for coil in own):
            unrated.append(each.id)
        if len(own) == _TWO:
            two.append(_transformer(grid, limits, each, own))
        else:
            three.append(three_windings(grid, limits, each, own))
    grid.model.remark_once(unrated, "has no rated power: 100 MVA is its base, and it is no limit")
    return two, three


def _transformer(
    grid: Grid, limits: LimitTable, thing: Thing, coils: Sequence[Coil]
) -> Transformer:
    first, second = coils
    mva = min((coil.mva for coil in coils if coil.mva), default=NOMINAL_MVA)
    base_ohm = first.kv**2 / mva
    series = first.series + second.series * (first.kv / second.kv) ** 2
    shunts = first.shunt, second.shunt * (second.kv / first.kv) ** 2
    live, factors = folded(grid, thing, coils)
    side: int = 0 if live is None else coils.index(live[0])
    tap = Tap("") if live is None else live[1]
    on = grid.in_service(thing)
    shunt = sum(shunts)
    zero = _zero_percent(first, second, base_ohm)
    _require_usual(thing, series, shunt)
    grid.take(thing, [coil.end for coil in coils])
    return Transformer(
        thing.id,
        thing.name,
        first.end.bus,
        second.end.bus,
        first.kv * abs(factors[0]),
        second.kv * abs(factors[1]),
        mva * 1e3,
        abs(series) / base_ohm * 100,
        series.real / base_ohm * mva * 1e3,
        abs(shunt) * base_ohm * 100,
        shunt.real * base_ohm * mva * 1e3,
        math.degrees(cmath.phase(factors[0]) - cmath.phase(factors[1])),
        "to" if side else "from",
        int(tap.position),
        tap.step_percent,
        on and first.end.closed,
        on and second.end.closed,
        tap.step_deg,
        tap.neutral,
        tap.least,
        tap.most,
        _limit_percent(limits, first, second, mva),
        _magnetising(*shunts),
        _vector_group(first, second),
        *zero,
    )
