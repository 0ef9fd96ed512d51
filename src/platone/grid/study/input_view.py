"""The views of what goes into calculations, and of parts of results."""

from typing import Any

import numpy as np

from platone.grid.contingency.consequence import Contingency
from platone.grid.estimation.pseudo import ExpectedConsumption
from platone.grid.file.measurement_file import MeasurementSet
from platone.grid.file.series_file import PowerSeries
from platone.grid.flow.phase_state import PhasePower
from platone.grid.flow.state import ConsumerPower
from platone.grid.profile.metering import Metering
from platone.grid.shown import View, view_of
from platone.grid.study.table import fields_of, lasting_columns, power_columns, since
from platone.kernel.market_time import QUARTER_HOUR


@view_of.register
def _(found: PowerSeries) -> View:
    count, consumers = np.shape(found.power.p_kw)
    return View(
        f"PowerSeries: {count} instants{since(found.instants)}, {consumers} consumers",
        {"powers": lambda: power_columns(found.power.p_kw, found.power.q_kvar, found.instants)},
    )


@view_of.register(ConsumerPower)
@view_of.register(PhasePower)
def _(found: ConsumerPower | PhasePower) -> View:
    return View(
        f"{type(found).__name__} of shape {_shape(found.p_kw)}: instants, consumers"
        + (", phases" if isinstance(found, PhasePower) else ""),
        {"powers": lambda: power_columns(found.p_kw, found.q_kvar)},
    )


@view_of.register
def _(found: ExpectedConsumption) -> View:
    unknown = int(np.isnan(found.p_kw).sum())
    return View(
        f"ExpectedConsumption: {len(found.p_kw)} consumers, {np.nansum(found.p_kw):.5g} kW in all, "
        f"{unknown} not known",
        {
            "powers": lambda: {
                "consumer_place": np.arange(len(found.p_kw)),
                "p_kw": found.p_kw,
                "q_kvar": found.q_kvar,
                "std_kw": found.std_kw,
                "std_kvar": found.std_kvar,
            }
        },
    )


@view_of.register
def _(found: MeasurementSet) -> View:
    each = found.measurements
    names = dict.fromkeys(name for one in each for name in one.__struct_fields__)
    return View(
        f"MeasurementSet: {len(each)} measurements of {found.at.isoformat(timespec='minutes')}",
        {
            "measurements": lambda: {
                "kind": [type(one).__name__ for one in each],
                **{name: [getattr(one, name, None) for one in each] for name in names},
            }
        },
    )


@view_of.register
def _(found: Metering) -> View:
    count, consumers = found.p_kw.shape
    instants = [found.start + place * QUARTER_HOUR for place in range(count)]
    return View(
        f"Metering: {consumers} consumers, {count} quarter-hours{since(instants)}, "
        f"{len(found.remarks)} remarks",
        {
            "powers": lambda: {
                **power_columns(found.p_kw, found.q_kvar, instants),
                "consumer": list(found.consumers) * count,
            },
            "remarks": lambda: fields_of(found.remarks, ("consumer", "kind", "count", "detail")),
        },
    )


@view_of.register
def _(found: Contingency) -> View:
    dark = sum(len(island.buses) for island in found.found.islands)
    return View(
        f"Contingency of {found.outage.element}: {found.found.lost_kwh:.5g} kWh lost, {dark} buses "
        f"dark, {len(found.found.violations)} limits broken, "
        f"{len(found.resupplies)} switchings tried",
        {
            "alarms": lambda: lasting_columns([(found.outage.element, found.found.violations)], ()),
            "resupplies": lambda: {
                "closed": [", ".join(each.elements) for each in found.resupplies],
                "left_kwh": [each.left.lost_kwh for each in found.resupplies],
                "left_alarms": [len(each.left.violations) for each in found.resupplies],
            },
        },
    )


def _shape(values: Any) -> tuple[int, ...] | None:
    """Return the shape of what should be an array; none where its rows differ in length."""
    try:
        return tuple(np.shape(values))
    except ValueError:
        return None
