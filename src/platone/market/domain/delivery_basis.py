"""The baselines that deliveries are counted from, and how well each fitted on its day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.session_window import real_time_window
from platone.market.domain import baseline
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.metering import Metered
from platone.market.domain.settlement import power_of_quarter_hour
from platone.market.domain.validation import Spot
from platone.messages.clearing import SettlementRules
from platone.messages.recording import MeteredDay
from platone.messages.settlement import BaselineUsed

Curves = Mapping[str, Sequence[float]]
"""The declared baselines of a market day, kW by quarter-hour, by PoD."""
Histories = dict[tuple[str, date], baseline.PodHistory]
"""The days that baselines are made of, by PoD and day of delivery."""


def with_baselines(
    metered: Mapping[Spot, Metered],
    lines: Iterable[DeliveryLine],
    days: Iterable[MeteredDay],
    declared: Curves,
    rules: SettlementRules,
    zone: str,
    *,
    earlier: Histories | None = None,
) -> dict[Spot, Metered]:
    """Return metered quarter-hours, each with the baseline that its delivery is counted from.

    Args:
        metered: What was metered.
        lines: The trades.
        days: Metered days of their PoDs.
        declared: The day's baselines as the aggregators declared them.
        rules: Which baseline counts.
        zone: The market's zone.
        earlier: What calls before this one went by, of which what they found is taken where
            nothing is otherwise now; what this one goes by is added.
    """
    by_pod: dict[str, dict[date, baseline.MeteredDay]] = {}
    for each in days:
        day = baseline.MeteredDay(each.energies, frozenset(each.traded))
        by_pod.setdefault(each.pod_id, {})[each.on] = day
    counted = _Counted(by_pod, declared, rules, zone, {} if earlier is None else earlier)
    found = dict(metered)
    for line in lines:
        if line.reactive:  # counts from what its totals are changes from
            continue
        if line.spot in metered and line.pod in by_pod and line.pod in declared:
            found[line.spot] = replace(metered[line.spot], baseline=counted.used(line))
    return found


class _Counted:
    """The baselines of many lines; what those of a day or window have in common is found once.

    Args:
        by_pod: Metered days, by PoD.
        declared: The day's baselines as the aggregators declared them.
        rules: Which baseline counts.
        zone: The market's zone.
        earlier: What was gone by before, for any day and rules.
    """

    def __init__(
        self,
        by_pod: Mapping[str, Mapping[date, baseline.MeteredDay]],
        declared: Curves,
        rules: SettlementRules,
        zone: str,
        earlier: Histories,
    ) -> None:
        self._by_pod, self._declared, self._rules, self._zone = by_pod, declared, rules, zone
        self._windows: dict[datetime, tuple[MarketDay, int]] = {}
        self._holidays = frozenset(rules.holidays)
        self._histories: Histories = {}
        self._earlier = earlier

    def used(self, line: DeliveryLine) -> BaselineUsed:
        """Return the baseline that the delivery of a line is counted from."""
        day, until = self._window(line)
        history = self._history(line.pod, day)
        used = baseline.baseline_of(self._rules.baseline, history, line.index)
        error = baseline.error_of(used.method, history, until)
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

    def _window(self, line: DeliveryLine) -> tuple[MarketDay, int]:
        """Return the day of a line, and how many quarter-hours of it its window ends after."""
        known = self._windows.get(line.window_start)
        if known is None:
            day = MarketDay.holding(line.window_start, self._zone)
            known = self._windows[line.window_start] = (day, first_quarters(line, self._zone))
        return known

    def _history(self, pod: str, day: MarketDay) -> baseline.PodHistory:
        of = (pod, day.on)
        known = self._histories.get(of)
        if known is None:
            basis = (day, self._by_pod[pod], self._declared[pod], self._holidays)
            known = self._earlier.get(of)
            if known is None or _basis_of(known) != basis:
                known = baseline.PodHistory(*basis)
            self._histories[of] = self._earlier[of] = known
        return known


def _basis_of(history: baseline.PodHistory) -> tuple[object, ...]:
    return history.day, history.days, history.declared_kw, history.holidays


def first_quarters(line: DeliveryLine, zone: str) -> int:
    """Return how many of a day's quarter-hours have passed when a line's window is over."""
    window = real_time_window(line.window_start, zone)
    return (window.end - window.day.start) // QUARTER_HOUR
