"""The baselines that deliveries are counted from, and how well each fitted on its day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.session_window import real_time_window
from platone.market.domain import baseline
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.metering import Metered
from platone.market.domain.settlement import power_of_quarter_hour
from platone.market.domain.validation import Spot
from platone.messages.clearing import BaselineMethod, SettlementRules
from platone.messages.recording import MeteredDay
from platone.messages.settlement import BaselineUsed

Curves = Mapping[str, Sequence[float]]
"""The declared baselines of a market day, kW by quarter-hour, by PoD."""


def with_baselines(
    metered: Mapping[Spot, Metered],
    lines: Iterable[DeliveryLine],
    days: Iterable[MeteredDay],
    declared: Curves,
    rules: SettlementRules,
    zone: str,
) -> dict[Spot, Metered]:
    """Return metered quarter-hours, each with the baseline that its delivery is counted from.

    Args:
        metered: What was metered.
        lines: The trades.
        days: Metered days of their PoDs.
        declared: The day's baselines as the aggregators declared them.
        rules: Which baseline counts.
        zone: The market's zone.
    """
    by_pod: dict[str, dict[date, baseline.MeteredDay]] = {}
    for each in days:
        day = baseline.MeteredDay(each.energies, frozenset(each.traded))
        by_pod.setdefault(each.pod_id, {})[each.on] = day
    histories: dict[tuple[str, date], baseline.PodHistory] = {}
    found = dict(metered)
    for line in lines:
        if line.reactive:  # counts from what its totals are changes from
            continue
        if line.spot in metered and line.pod in by_pod and line.pod in declared:
            on = MarketDay.holding(line.starts, zone)
            key = (line.pod, on.on)
            if key not in histories:
                histories[key] = baseline.PodHistory(
                    on, by_pod[line.pod], declared[line.pod], frozenset(rules.holidays)
                )
            used = _used(rules.baseline, histories[key], line, zone)
            found[line.spot] = replace(metered[line.spot], baseline=used)
    return found


def first_quarters(line: DeliveryLine, zone: str) -> int:
    """Return how many of a day's quarter-hours have passed when a line's window is over."""
    window = real_time_window(line.window_start, zone)
    return (window.end - window.day.start) // QUARTER_HOUR


def _used(
    method: BaselineMethod, history: baseline.PodHistory, line: DeliveryLine, zone: str
) -> BaselineUsed:
    used = baseline.baseline_of(method, history, line.index)
    error = baseline.error_of(used.method, history, first_quarters(line, zone))
    return BaselineUsed(
        method=used.method,
        energy=used.energy,
        declared_p=line.baseline_kw,
        days=used.days,
        shift_p=None if used.shift is None else power_of_quarter_hour(used.shift),
        error_p=None if error is None else power_of_quarter_hour(error.mean),
        bias_p=None if error is None else power_of_quarter_hour(error.bias),
        error_samples=0 if error is None else error.samples,
    )
