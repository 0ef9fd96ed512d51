"""Windings as the files give them, for transformers with two and with three.

CIM gives each winding its impedance at its own rated voltage and its no-load admittance at its
terminal's side of that; tap changers are between terminal and both (IEC 61970-301,
PowerTransformerEnd).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.tap import Tap, TapTable
from platone.grid.problem.network import FaultKind

_MOST_KV = 10_000.0
"""Rated voltage, kV: over eight times the highest in use, so more is a slip of the unit."""
_SERIES = ("PowerTransformerEnd.r", "PowerTransformerEnd.x")


@dataclass(frozen=True, slots=True, kw_only=True)
class CimWinding:
    """A winding as the files give it, at the present tap position, in ohm and siemens.

    Attributes:
        record: Its end of the transformer.
        end: Where it is connected.
        kv: Rated voltage.
        mva: Rated power; none where it has none.
        series: Its impedance at its rated voltage.
        shunt: Its admittance at its rated voltage.
        taps: Its tap changers.
    """

    record: CimObject
    end: End
    kv: float
    mva: float | None
    series: complex
    shunt: complex
    taps: tuple[Tap, ...]


class WindingTable:
    """The windings of all transformers."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._taps = TapTable(grid)
        name = "PowerTransformerEnd.PowerTransformer"
        self._ends = grid.model.grouped("PowerTransformerEnd", name)

    def of(self, unit: CimObject) -> list[CimWinding]:
        """Return the windings of a transformer in the order of their numbers."""
        ends = self._ends.get(unit.key, ())
        known = [each for each in ends if any(each.text(name) for name in _SERIES)]
        for each in ends if known else ():
            if each not in known:
                # some exporters leave out what is 0
                each.values |= dict.fromkeys(_SERIES, "0")
                reason = "gives no impedance, the other winding does: it is taken as 0"
                self._grid.model.remark(each.id, reason)
        found = [self._winding(unit, each) for each in ends]
        return sorted(
            found, key=lambda winding: winding.record.number("TransformerEnd.endNumber", 0.0)
        )

    def _winding(self, unit: CimObject, record: CimObject) -> CimWinding:
        terminal = self._grid.model.find(record.text("TransformerEnd.Terminal"), "Terminal")
        if terminal is None:
            unit.fault(f"its winding {record.id!r} has no terminal")
            end = End("", 1.0, "", "", closed=True)
        else:
            end = self._grid.end(unit, terminal)
        taps = tuple(self._taps.of(record))
        r, x = (record.number(name) for name in _SERIES)
        g, b = (record.number(f"PowerTransformerEnd.{part}", 0.0) for part in "gb")
        for tap in taps:
            if tap.reactance is not None:
                x = tap.reactance
            r, x = r * tap.series[0], x * tap.series[1]
            g, b = g * tap.shunt[0], b * tap.shunt[1]
        kv = record.number("PowerTransformerEnd.ratedU")
        if not 0 < kv <= _MOST_KV:
            reason = f"its rated voltage is not above 0 and up to {_MOST_KV:g} kV"
            record.fault(reason, FaultKind.VOLTAGE_LEVEL)
            kv = 1.0
        mva = record.maybe("PowerTransformerEnd.ratedS") or None
        unit.faults += record.faults
        return CimWinding(
            record=record,
            end=end,
            kv=kv,
            mva=mva,
            series=complex(r, x),
            shunt=complex(g, b),
            taps=taps,
        )


def folded(
    grid: Grid, windings: Sequence[CimWinding]
) -> tuple[tuple[CimWinding, Tap] | None, tuple[complex, ...]]:
    """Return the one tap changer that stays live, and the others' factors of the voltages."""
    live: tuple[CimWinding, Tap] | None = None
    factors = []
    for winding in windings:
        factor = 1 + 0j
        for tap in winding.taps:
            if live is None and tap.is_live:
                live = winding, tap
                continue
            factor *= tap.turn
            if tap.least != tap.most:
                grid.model.remark(tap.id, "this tap changer is taken as fixed where it stands")
        factors.append(factor)
    return live, tuple(factors)
