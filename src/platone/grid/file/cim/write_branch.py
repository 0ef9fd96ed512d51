"""Writers of lines and transformers."""

import math
from dataclasses import replace

from platone.grid.file.cim.write_node import write_limit
from platone.grid.file.cim.write_zero_sequence import end_of_three, ends_of_two
from platone.grid.file.cim.writing import Writing, ends_of
from platone.grid.file.cim.xml_writer import Ref, Value
from platone.grid.network.branch import Line, ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.two_port import Pi, pi_of_transformer, pi_of_winding

_ELSEWHERE = 1e-9
"""Share of the no-load admittance written at the end that has none: 0 would mean both alike."""


def write_line(writing: Writing, line: Line) -> None:
    """Write a line as one segment."""
    omega = 2 * math.pi * writing.network.frequency_hz
    zero_nf, zero_us = line.zero_capacitance_nf, line.zero_conductance_us
    writing.eq.add(
        "ACLineSegment",
        writing.id(line.id),
        **writing.facts(line.id, line.name),
        ConductingEquipment_BaseVoltage=writing.base_voltage(writing.kv(line.from_bus)),
        Conductor_length=1.0,
        ACLineSegment_r=line.resistance_ohm,
        ACLineSegment_x=line.reactance_ohm,
        ACLineSegment_bch=line.capacitance_nf * 1e-9 * omega,
        ACLineSegment_gch=line.conductance_us * 1e-6,
        ACLineSegment_r0=line.zero_resistance_ohm,
        ACLineSegment_x0=line.zero_reactance_ohm,
        ACLineSegment_b0ch=None if zero_nf is None else zero_nf * 1e-9 * omega,
        ACLineSegment_g0ch=None if zero_us is None else zero_us * 1e-6,
    )
    for number, (bus, closed) in enumerate(ends_of(line), start=1):
        terminal = writing.terminal(line.id, number, bus, connected=closed)
        write_limit(writing, terminal, line.limit_a)


def _unit(writing: Writing, unit: Transformer | ThreeWindingTransformer, bus: str) -> None:
    writing.eq.add(
        "PowerTransformer",
        writing.id(unit.id),
        **writing.facts(unit.id, unit.name),
        Equipment_EquipmentContainer=Ref(writing.substation(bus)),
    )


def write_transformer(writing: Writing, unit: Transformer) -> None:
    """Write a transformer with two windings; its whole impedance stands at the first."""
    _unit(writing, unit, unit.from_bus)
    pi = pi_of_transformer(replace(unit, tap_position=unit.tap_neutral))
    turns = unit.from_kv / unit.to_kv
    shunts = _at_ends(pi)
    series = pi.series * turns**2, 0j
    ends = zip(ends_of(unit), (unit.from_kv, unit.to_kv), strict=True)
    rated_mva = None if unit.limit_percent is None else unit.rated_kva / 1e3
    zero = ends_of_two(unit)
    for number, ((bus, closed), kv) in enumerate(ends, start=1):
        terminal = writing.terminal(unit.id, number, bus, connected=closed)
        end = writing.made(unit.id, "end", number)
        shunt = shunts[number - 1] / (turns**2 if number == 1 else 1)
        values = _impedances(series[number - 1], shunt) | zero[number - 1]
        _end(writing, unit.id, end, (number, kv, rated_mva, bus, terminal), values)
        if (number == 1) == (unit.tap_side == "from"):
            _tap(writing, end, unit, kv)
        if number == 1:
            _shift(writing, end, unit.phase_shift_deg, kv)
        if unit.limit_percent is not None:
            amperes = unit.rated_kva / (math.sqrt(3) * kv) * unit.limit_percent / 100
            write_limit(writing, terminal, amperes)


def _at_ends(pi: Pi) -> tuple[complex, complex]:
    """Return the no-load admittances as CGMES takes them: one that both share stands at the first.

    One that is at one end only has a trace of it at the other, which tells it from that.
    """
    first, second = pi.from_shunt, pi.to_shunt
    if first == second:
        return first + second, 0j
    return first or second * _ELSEWHERE, second or first * _ELSEWHERE


def write_three_winding_transformer(writing: Writing, unit: ThreeWindingTransformer) -> None:
    """Write a transformer with three windings, each with its branch of the star."""
    _unit(writing, unit, unit.windings[0].bus)
    star_kv = unit.windings[0].rated_kv
    for number, winding in enumerate(unit.windings, start=1):
        neutral = replace(winding, tap_position=winding.tap_neutral)
        pi = pi_of_winding(neutral, star_kv)
        turns = winding.rated_kv / star_kv
        terminal = writing.terminal(unit.id, number, winding.bus, connected=winding.closed)
        end = writing.id(winding.id)
        shunt = (pi.from_shunt + pi.to_shunt) / turns**2
        mva = None if winding.limit_percent is None else winding.rated_kva / 1e3
        row = number, winding.rated_kv, mva, winding.bus, terminal
        values = _impedances(pi.series * turns**2, shunt) | end_of_three(unit, winding)
        _end(writing, unit.id, end, row, values)
        _tap(writing, end, winding, winding.rated_kv)
        _shift(writing, end, winding.phase_shift_deg, winding.rated_kv)
        if winding.limit_percent is not None:
            amperes = winding.rated_kva / (math.sqrt(3) * winding.rated_kv)
            write_limit(writing, terminal, amperes * winding.limit_percent / 100)


def _impedances(series: complex, shunt: complex) -> dict[str, Value]:
    return {
        "PowerTransformerEnd_r": series.real,
        "PowerTransformerEnd_x": series.imag,
        "PowerTransformerEnd_g": shunt.real,
        "PowerTransformerEnd_b": shunt.imag,
    }


def _end(
    writing: Writing,
    unit: str,
    end: str,
    row: tuple[int, float, float | None, str, str],
    values: dict[str, Value],
) -> None:
    number, kv, mva, bus, terminal = row
    writing.eq.add(
        "PowerTransformerEnd",
        end,
        IdentifiedObject_mRID=end.removeprefix("_"),
        IdentifiedObject_name=f"winding {number}",
        TransformerEnd_endNumber=number,
        TransformerEnd_Terminal=Ref(terminal),
        TransformerEnd_BaseVoltage=writing.base_voltage(writing.kv(bus)),
        PowerTransformerEnd_PowerTransformer=Ref(writing.id(unit)),
        PowerTransformerEnd_ratedU=kv,
        PowerTransformerEnd_ratedS=mva,
        **values,
    )


def _tap(writing: Writing, end: str, unit: Transformer | Winding, kv: float) -> None:
    """Write the tap changer of a winding, if it has one."""
    if not unit.tap_step_percent:
        return
    turned = bool(unit.tap_step_deg)
    kind = "PhaseTapChangerAsymmetrical" if turned else "RatioTapChanger"
    own: dict[str, Value] = {"RatioTapChanger_stepVoltageIncrement": unit.tap_step_percent}
    if turned:
        own = {
            "PhaseTapChangerNonLinear_voltageStepIncrement": unit.tap_step_percent,
            "PhaseTapChangerAsymmetrical_windingConnectionAngle": unit.tap_step_deg,
        }
    stands = unit.tap_position, unit.tap_neutral
    low = getattr(unit, "tap_min", None)
    high = getattr(unit, "tap_max", None)
    bounds = min(stands) if low is None else low, max(stands) if high is None else high
    made = writing.made(end, "tap")
    _changer(writing, kind, (made, end, kv), (*bounds, *stands), own)


def _shift(writing: Writing, end: str, degrees: float, kv: float) -> None:
    """Write a fixed angle between windings: a phase tap changer with one position."""
    if not degrees:
        return
    made, table = writing.made(end, "shift"), writing.made(end, "shift", "table")
    own: dict[str, Value] = {"PhaseTapChangerTabular_PhaseTapChangerTable": Ref(table)}
    _changer(writing, "PhaseTapChangerTabular", (made, end, kv), (1, 1, 1, 1), own)
    writing.eq.add("PhaseTapChangerTable", table, IdentifiedObject_mRID=table[1:],
                   IdentifiedObject_name="shift")  # fmt: skip
    writing.eq.add(
        "PhaseTapChangerTablePoint",
        writing.made(end, "shift", "point"),
        PhaseTapChangerTablePoint_PhaseTapChangerTable=Ref(table),
        PhaseTapChangerTablePoint_angle=degrees,
        TapChangerTablePoint_step=1,
        TapChangerTablePoint_ratio=1.0,
        TapChangerTablePoint_r=0.0,
        TapChangerTablePoint_x=0.0,
        TapChangerTablePoint_g=0.0,
        TapChangerTablePoint_b=0.0,
    )


def _changer(
    writing: Writing,
    kind: str,
    of: tuple[str, str, float],
    steps: tuple[int, int, int, int],
    own: dict[str, Value],
) -> None:
    """Write a tap changer; its steps are the least, the greatest, the present, and the neutral."""
    made, end, kv = of
    low, high, position, neutral = steps
    owner = "RatioTapChanger" if kind == "RatioTapChanger" else "PhaseTapChanger"
    reference: dict[str, Value] = {f"{owner}_TransformerEnd": Ref(end)}
    writing.eq.add(
        kind,
        made,
        IdentifiedObject_mRID=made[1:],
        IdentifiedObject_name="taps",
        TapChanger_lowStep=low,
        TapChanger_highStep=high,
        TapChanger_neutralStep=neutral,
        TapChanger_normalStep=position,
        TapChanger_neutralU=kv,
        TapChanger_ltcFlag=False,
        **(reference | own),
    )
    writing.ssh.about(kind, made, TapChanger_step=position, TapChanger_controlEnabled=False)
