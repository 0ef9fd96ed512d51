"""Metered values that no consumption makes: they are found, told and set aside.

Two rules, for active and for reactive power alike. A **spike** lies more than 100 times above the
99th percentile of the consumer's power, by size and without zeros: a factor of 1000 between units,
or a counter that ran over. A meter is **stuck** where it shows the same power other than 0 for a
day or longer, if otherwise the power changes at least in every other quarter-hour. What is set
aside is unknown.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.profile.day_grid import QUARTERS, Ints
from platone.grid.profile.metering import Metering, MeteringRemark, RemarkKind
from platone.kernel.market_time import QUARTER_HOUR

_SPIKE_FACTOR = 100.0
"""Times the high percentile beyond which a value is a spike: a device that seldom runs may take
fifty times what stands by, a wrong unit a thousand times."""
_HIGH_PERCENTILE = 99.0
"""Percentile that stands for a high power: spikes of less than a hundredth do not raise it."""
_FEWEST_VALUES = 96
"""Values of a consumer that either rule needs, a day's: of fewer nothing is usual."""
_LONGEST_FLAT = QUARTERS
"""Equal values other than 0 in a row from which a meter is stuck: a day."""
_LIVELY_SHARE = 0.5
"""Share of changing values that a consumer has otherwise; a constant load is not stuck."""


def without_outliers(metering: Metering) -> Metering:
    """Return metering in which spikes and stuck values are unknown, with remarks on them."""
    remarks: list[MeteringRemark] = []
    p_kw, q_kvar = metering.p_kw.copy(), metering.q_kvar
    q_kvar = None if q_kvar is None else q_kvar.copy()
    for place, consumer in enumerate(metering.consumers):
        for values, unit in ((p_kw, "kW"), (q_kvar, "kvar")):
            if values is None:
                continue
            column = values[:, place]
            for kind, wrong, detail in _findings(column, unit, metering.start):
                count = int(wrong.sum())
                remarks.append(MeteringRemark(consumer, kind, count, f"{consumer}: {detail}"))
                column[wrong] = np.nan
                if q_kvar is not None:  # of a power that is set aside neither part is known
                    q_kvar[wrong, place] = np.nan
    return replace(metering, p_kw=p_kw, q_kvar=q_kvar, remarks=(*metering.remarks, *remarks))


def _findings(
    values: Floats, unit: str, start: datetime
) -> Iterator[tuple[RemarkKind, Flags, str]]:
    """Yield what is wrong, where, and why; later findings see what was set aside before."""
    is_spike, high = spikes(values)
    if is_spike.any():
        size = np.where(is_spike, np.abs(values), 0.0)
        at = (start + int(size.argmax()) * QUARTER_HOUR).isoformat()
        detail = (
            f"{int(is_spike.sum())} values lie more than {_SPIKE_FACTOR:.0f} times above the 99th "
            f"percentile ({high:.6g} {unit}), the largest, {size.max():.6g} {unit}, at {at}; they "
            "are set aside."
        )
        yield RemarkKind.SPIKE, is_spike, detail
    for flat in stuck_runs(values):
        is_stuck = np.zeros(len(values), np.bool_)
        is_stuck[flat[1:]] = True
        at = (start + int(flat[0]) * QUARTER_HOUR).isoformat()
        detail = (
            f"{len(flat)} values from {at} on are the same, {values[flat[0]]:.6g} {unit}: the "
            "meter seems to have stuck; all but the first are set aside."
        )
        yield RemarkKind.STUCK, is_stuck, detail


def spikes(values: Floats) -> tuple[Flags, float]:
    """Return which values are spikes, and the high percentile of the sizes of the others.

    Args:
        values: The power of one consumer, kW or kvar; NaN where unknown.
    """
    size = np.nan_to_num(np.abs(values))
    some = size[size > 0]
    if len(some) < _FEWEST_VALUES:
        return np.zeros(len(values), np.bool_), 0.0
    high = float(np.percentile(some, _HIGH_PERCENTILE, method="lower"))
    return np.asarray(size > _SPIKE_FACTOR * high), high


def stuck_runs(values: Floats) -> list[Ints]:
    """Return the places of each run of equal values that a stuck meter makes.

    Args:
        values: The power of one consumer, kW or kvar; NaN where unknown, which ends no run.
    """
    known = np.flatnonzero(~np.isnan(values))
    shown = values[known]
    changes = np.diff(shown) != 0
    bounds = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(shown)]])
    lengths = np.diff(bounds)
    is_flat = np.repeat(lengths >= _LONGEST_FLAT, lengths) & (shown != 0)
    others = ~is_flat[1:] & (shown[1:] != 0)
    if others.sum() < _FEWEST_VALUES or changes[others].mean() < _LIVELY_SHARE:
        return []
    runs = np.split(known, bounds[1:-1])
    return [run for run in runs if len(run) >= _LONGEST_FLAT and values[run[0]] != 0]
