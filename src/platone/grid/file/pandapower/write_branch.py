"""Lines, transformers and switches, written as tables."""

import math
from typing import Any

from platone.grid.file.pandapower.frame import Frame
from platone.grid.file.pandapower.switch import END
from platone.grid.file.pandapower.three_winding import SIDES, delta_of
from platone.grid.file.pandapower.write_element import ElementTables
from platone.grid.file.pandapower.zero_sequence import (
    OF_WINDING,
    SECOND_NEUTRAL,
    columns_of_neutrals,
    columns_of_winding,
)
from platone.grid.network.branch import Line, ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.element import Bus
from platone.grid.network.model import Network

_TAP = (
    "tap_side:t tap_neutral:n tap_min:n tap_max:n tap_step_percent:n tap_step_degree:n tap_pos:n"
    " tap_changer_type:t id_characteristic_table:I tap_dependency_table:f"
)
_OF_WINDINGS = " ".join(f"{each.format(side)}:n?" for side in SIDES for each in OF_WINDING.values())
_COLUMNS = {
    "line": (
        "name:t std_type:t from_bus:i to_bus:i length_km:n r_ohm_per_km:n x_ohm_per_km:n"
        " c_nf_per_km:n g_us_per_km:n max_i_ka:n df:n parallel:i type:t in_service:f geo:t"
        " max_loading_percent:n r0_ohm_per_km:n? x0_ohm_per_km:n? c0_nf_per_km:n?"
        " g0_us_per_km:n?"
    ),
    "trafo": (
        f"name:t std_type:t hv_bus:i lv_bus:i sn_mva:n vn_hv_kv:n vn_lv_kv:n vk_percent:n"
        f" vkr_percent:n pfe_kw:n i0_percent:n shift_degree:n {_TAP} parallel:i df:n"
        f" in_service:f max_loading_percent:n vector_group:t? vk0_percent:n? vkr0_percent:n?"
        f" mag0_percent:n? mag0_rx:n? si0_hv_partial:n? rn_ohm:n? xn_ohm:n?"
        f" {SECOND_NEUTRAL[0]}:n? {SECOND_NEUTRAL[1]}:n?"
        f" leakage_resistance_ratio_hv:n leakage_reactance_ratio_hv:n"
    ),
    "trafo3w": (
        f"name:t std_type:t hv_bus:i mv_bus:i lv_bus:i sn_hv_mva:n sn_mv_mva:n sn_lv_mva:n"
        f" vn_hv_kv:n vn_mv_kv:n vn_lv_kv:n vk_hv_percent:n vk_mv_percent:n vk_lv_percent:n"
        f" vkr_hv_percent:n vkr_mv_percent:n vkr_lv_percent:n pfe_kw:n i0_percent:n"
        f" shift_mv_degree:n shift_lv_degree:n {_TAP} tap_at_star_point:f in_service:f"
        f" max_loading_percent:n loss_side:t platone_hv_id:t? platone_mv_id:t? platone_lv_id:t?"
        f" vector_group:t? {_OF_WINDINGS}"
    ),
    "switch": f"bus:i element:i et:t type:t closed:f name:t z_ohm:n in_ka:n {END}:f?",
}
_AT_AN_END = {"from": 1e-7, "to": 1 - 1e-7}  # pandapower divides by both shares of the leakage
_HALF = 0.5
Place = tuple[str, int]


class BranchTables:
    """Tables of lines, transformers and switches."""

    def __init__(self, network: Network, elements: ElementTables) -> None:
        taken = [each.id for each in network.elements()]
        self._frames = {name: Frame(name, text, taken) for name, text in _COLUMNS.items()}
        self._elements = elements
        self._bus = elements.bus_index
        self._place: dict[str, Place] = {}
        for line in network.lines:
            self._add_line(line)
        for unit in network.transformers:
            self._add_transformer(unit)
        for three in network.three_winding_transformers:
            self._add_three_winding(three)
        for switch in network.switches:
            kind, index = self._place.get(switch.other) or ("b", self._bus[switch.other])
            place = kind, index
            self._add_switch(switch.id, switch.bus, place, name=switch.name, closed=switch.closed)

    def encoded(self) -> dict[str, Any]:
        """The tables in the file's form."""
        return {name: frame.encoded() for name, frame in self._frames.items()}

    def _add_switch(self, element: str | None, bus: str, other: Place, **values: Any) -> None:
        self._frames["switch"].add(
            element,
            bus=self._bus[bus],
            element=other[1],
            et=other[0],
            z_ohm=0.0,
            **values,
        )

    def _open(self, bus: str, branch: str) -> None:
        """Say that a branch is open at a bus: that takes a switch in pandapower."""
        self._add_switch(None, bus, self._place[branch], name="", closed=False, **{END: True})

    def _ends(self, branch: Line | Transformer, place: Place) -> None:
        self._place[branch.id] = place
        if branch.from_closed != branch.to_closed:
            self._open(branch.to_bus if branch.from_closed else branch.from_bus, branch.id)

    def _add_line(self, line: Line) -> None:
        index = self._frames["line"].add(
            line.id,
            name=line.name,
            from_bus=self._bus[line.from_bus],
            to_bus=self._bus[line.to_bus],
            length_km=1.0,
            r_ohm_per_km=line.resistance_ohm,
            x_ohm_per_km=line.reactance_ohm,
            c_nf_per_km=line.capacitance_nf,
            g_us_per_km=line.conductance_us,
            max_i_ka=None if line.limit_a is None else line.limit_a / 1e3,
            df=1.0,
            parallel=1,
            in_service=line.from_closed or line.to_closed,
            max_loading_percent=100.0,
            r0_ohm_per_km=line.zero_resistance_ohm,
            x0_ohm_per_km=line.zero_reactance_ohm,
            c0_nf_per_km=line.zero_capacitance_nf,
            g0_us_per_km=line.zero_conductance_us,
        )
        self._ends(line, ("l", index))

    def _add_transformer(self, unit: Transformer) -> None:
        series = complex(unit.copper_loss_kw / unit.rated_kva, 0.0)
        reactance = max((unit.short_circuit_percent / 100) ** 2 - series.real**2, 0.0) ** 0.5
        series += 1j * math.copysign(reactance, unit.short_circuit_percent)
        earth = complex(unit.iron_loss_kw / unit.rated_kva, 0.0)
        earth -= 1j * max((unit.no_load_percent / 100) ** 2 - earth.real**2, 0.0) ** 0.5
        if unit.magnetising == "pi":
            series, earth = _as_t(series, earth)
        side = {"from": "hv", "to": "lv"}[unit.tap_side]
        row = _tap(side, unit) | _impedance(unit.rated_kva, series, earth)
        share = _AT_AN_END.get(unit.magnetising, 0.5)
        index = self._frames["trafo"].add(
            unit.id,
            name=unit.name,
            hv_bus=self._bus[unit.from_bus],
            lv_bus=self._bus[unit.to_bus],
            vn_hv_kv=unit.from_kv,
            vn_lv_kv=unit.to_kv,
            shift_degree=unit.phase_shift_deg,
            parallel=1,
            df=1.0,
            in_service=unit.from_closed or unit.to_closed,
            max_loading_percent=unit.limit_percent,
            vector_group=unit.vector_group or None,
            vk0_percent=unit.zero_short_circuit_percent,
            vkr0_percent=unit.zero_copper_percent,
            mag0_percent=unit.zero_magnetising_percent,
            mag0_rx=unit.zero_magnetising_rx or None,
            si0_hv_partial=None if unit.zero_from_share == _HALF else unit.zero_from_share,
            leakage_resistance_ratio_hv=share,
            leakage_reactance_ratio_hv=share,
            **columns_of_neutrals(unit),
            **row,
        )
        self._ends(unit, ("t", index))

    def _add_three_winding(self, unit: ThreeWindingTransformer) -> None:
        if not _is_plain(unit):
            self._add_star(unit)
            return
        hv, mv, lv = unit.windings
        kva = hv.rated_kva, mv.rated_kva, lv.rated_kva
        series = _series_pu(hv), _series_pu(mv), _series_pu(lv)
        vk, vkr = delta_of(series, kva)
        tapped = next((i for i, each in enumerate(unit.windings) if _is_tapped(each)), 0)
        lossy = next((i for i, each in enumerate(unit.windings) if _earth_pu(each)), 0)
        earth = _earth_pu(unit.windings[lossy])
        row = _tap(SIDES[tapped], unit.windings[tapped])
        for place, (side, winding) in enumerate(zip(SIDES, unit.windings, strict=True)):
            row |= {
                f"platone_{side}_id": None if winding.id == f"{unit.id}/{side}" else winding.id,
                f"{side}_bus": self._bus[winding.bus],
                f"sn_{side}_mva": winding.rated_kva / 1e3,
                f"vn_{side}_kv": winding.rated_kv,
                f"vk_{side}_percent": vk[place] * 100,
                f"vkr_{side}_percent": vkr[place] * 100,
            } | columns_of_winding(winding, side)
        index = self._frames["trafo3w"].add(
            unit.id,
            name=unit.name,
            pfe_kw=earth.real * kva[lossy],
            i0_percent=abs(earth) * 100,
            loss_side=SIDES[lossy],
            shift_mv_degree=hv.phase_shift_deg - mv.phase_shift_deg,
            shift_lv_degree=hv.phase_shift_deg - lv.phase_shift_deg,
            tap_at_star_point=False,
            vector_group=_vector_group(unit),
            max_loading_percent=hv.limit_percent,
            in_service=any(each.closed for each in unit.windings),
            **row,
        )
        for winding in unit.windings:
            self._place[winding.id] = ("t3", index)
            if not winding.closed:
                self._open(winding.bus, winding.id)

    def _add_star(self, unit: ThreeWindingTransformer) -> None:
        """As three transformers around a bus, where pandapower's table cannot express it."""
        star_kv = unit.windings[0].rated_kv
        star = Bus(
            id=f"{unit.id}/star", name=unit.name, nominal_kv=star_kv, min_pu=None, max_pu=None
        )
        self._elements.add_bus(star)
        for winding in unit.windings:
            series, earth = _series_pu(winding), _earth_pu(winding)
            self._add_transformer(
                Transformer(
                    id=winding.id,
                    name=unit.name,
                    from_bus=winding.bus,
                    to_bus=star.id,
                    from_kv=winding.rated_kv,
                    to_kv=star_kv,
                    rated_kva=winding.rated_kva,
                    short_circuit_percent=math.copysign(abs(series), series.imag) * 100,
                    copper_loss_kw=series.real * winding.rated_kva,
                    no_load_percent=abs(earth) * 100,
                    iron_loss_kw=earth.real * winding.rated_kva,
                    phase_shift_deg=winding.phase_shift_deg,
                    tap_position=winding.tap_position,
                    tap_step_percent=winding.tap_step_percent,
                    from_closed=winding.closed,
                    to_closed=winding.closed,
                    tap_step_deg=winding.tap_step_deg,
                    tap_neutral=winding.tap_neutral,
                    limit_percent=winding.limit_percent,
                    magnetising=winding.magnetising,
                )
            )


def _is_plain(unit: ThreeWindingTransformer) -> bool:
    """Whether pandapower's table of transformers with three windings can express it."""
    windings = unit.windings
    lossy = [each for each in windings if _earth_pu(each)]
    return (
        sum(_is_tapped(each) for each in windings) <= 1
        and len(lossy) <= 1
        and all(each.magnetising == "t" for each in lossy)
        and len({each.limit_percent for each in windings}) == 1
    )


def _vector_group(unit: ThreeWindingTransformer) -> str | None:
    kinds = [each.connection for each in unit.windings]
    return kinds[0] + "".join(kinds[1:]).lower() if all(kinds) else None


def _is_tapped(winding: Winding) -> bool:
    return winding.tap_position != winding.tap_neutral and winding.tap_step_percent != 0


def _series_pu(winding: Winding) -> complex:
    base_ohm = winding.rated_kv**2 / winding.rated_kva * 1e3
    return complex(winding.resistance_ohm, winding.reactance_ohm) / base_ohm


def _earth_pu(winding: Winding) -> complex:
    base_ohm = winding.rated_kv**2 / winding.rated_kva * 1e3
    return complex(winding.conductance_us, winding.susceptance_us) * 1e-6 * base_ohm


def _as_t(series: complex, earth: complex) -> tuple[complex, complex]:
    """The T circuit that is equivalent to a pi circuit with half of ``earth`` at each end."""
    factor = 1 + series * earth / 4
    turned = earth * factor
    return series / factor, complex(max(turned.real, 0.0), turned.imag)


def _impedance(rated_kva: float, series: complex, earth: complex) -> dict[str, Any]:
    return {
        "sn_mva": rated_kva / 1e3,
        "vk_percent": math.copysign(abs(series), series.imag) * 100,
        "vkr_percent": series.real * 100,
        "pfe_kw": earth.real * rated_kva,
        "i0_percent": abs(earth) * 100,
    }


def _tap(side: str, unit: Transformer | Winding) -> dict[str, Any]:
    bounds = (unit.tap_min, unit.tap_max) if isinstance(unit, Transformer) else (None, None)
    return {
        "tap_side": side,
        "tap_neutral": float(unit.tap_neutral),
        "tap_min": bounds[0],
        "tap_max": bounds[1],
        "tap_step_percent": unit.tap_step_percent,
        "tap_step_degree": unit.tap_step_deg,
        "tap_pos": float(unit.tap_position),
        "tap_changer_type": "Ratio" if unit.tap_step_percent else None,
        "tap_dependency_table": False,
    }
