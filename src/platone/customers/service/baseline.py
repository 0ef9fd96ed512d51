"""Baselines: taken from aggregators, merged for readers."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from platone.customers.domain.baseline import PowerSeries, differs, merge_series, validated_series
from platone.customers.domain.gate import SessionKey, closed_sessions
from platone.customers.domain.instant import QUARTER_HOUR_S, instant_at
from platone.customers.domain.pod_owner import PodOwner, check_owner
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.baseline import BaselineRecords, BaselineTransaction
from platone.customers.service.registration import ReadPods
from platone.infra.http.problem import problem_of
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.base import BaselineSubmission, SubmissionStatus
from platone.messages.registry import MAX_SERIES, Series

MAX_ROWS = 50_000
"""Most stored rows behind one answer: what is read and merged in about a second."""
MAX_VALUES = 1_500_000
"""Most values in one answer: about 30 MB of JSON, as much as a body may have."""

_ValidSeries = tuple[str, PowerSeries]


@dataclass(frozen=True, slots=True)
class TakeBaselines:
    """Takes an aggregator's baselines; the last one before a gate counts, all are kept."""

    baselines: BaselineRecords
    clock: Clock
    zone: str

    async def __call__(self, batch: Sequence[Series], party: str) -> list[BaselineSubmission]:
        """Take each of many on its own: what is wrong with one stops no other."""
        checked = [_validate(series, self.zone) for series in batch]
        valid = [entry for entry in checked if not isinstance(entry, PlatoneError)]
        results: list[BaselineSubmission] = []
        new: list[_ValidSeries] = []
        async with self.baselines.transaction() as unit:
            now = self.clock.now()
            owners = await unit.owners({pod_id for pod_id, _ in valid})
            current = await unit.current(valid)
            moved = await _moved_gates(unit, valid, self.zone)
            for series, entry in zip(batch, checked, strict=True):
                try:
                    pod_id, power = _judge(entry, owners, party)
                except PlatoneError as error:
                    results.append(_refused(series.pod_id, error))
                    continue
                known = current.setdefault(pod_id, [])
                is_new = differs(power, known)
                too_late_for = closed_sessions(power, now, self.zone, moved) if is_new else ()
                results.append(
                    BaselineSubmission(
                        id=pod_id,
                        status=SubmissionStatus.of_taken(is_new=is_new),
                        does_not_count_for=too_late_for,
                    )
                )
                if is_new:
                    known.append(power)
                    new.append((pod_id, power))
            await unit.add(new, party, now)
        return results


async def _moved_gates(
    unit: BaselineTransaction, valid: Sequence[_ValidSeries], zone: str
) -> dict[SessionKey, datetime]:
    """Return the moved gates of all sessions of the market days that series touch."""
    if not valid:
        return {}
    first = MarketDay.holding(instant_at(min(power.start_s for _, power in valid)), zone)
    return await unit.moved_gates(first.start, instant_at(max(power.end_s for _, power in valid)))


def _refused(pod_id: str, error: PlatoneError) -> BaselineSubmission:
    problem = problem_of(error)
    return BaselineSubmission(id=pod_id, status=SubmissionStatus.REFUSED, problem=problem)


def _validate(series: Series, zone: str) -> _ValidSeries | PlatoneError:
    try:
        return series.pod_id, validated_series(series, zone)
    except PlatoneError as error:
        return error


def _judge(
    entry: _ValidSeries | PlatoneError, owners: Mapping[str, PodOwner], party: str
) -> _ValidSeries:
    """Return a valid series that its owner sends; raise what is wrong with it."""
    if isinstance(entry, PlatoneError):
        raise entry
    pod_id, power = entry
    check_owner(owners, pod_id, power.end_s - QUARTER_HOUR_S, party)
    return entry


@dataclass(frozen=True, slots=True)
class ReadBaselines:
    """Shows baselines: consecutive quarter-hours of a point of delivery form one series."""

    baselines: BaselineRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection) -> list[Series]:
        """Return the series by point of delivery and start.

        Raises:
            AnswerTooLarge: There are too many.
        """
        await self.pods.check(wanted.pod_ids, wanted.scope)
        rows = await self.baselines.select(wanted, MAX_ROWS + 1)
        if len(rows) > MAX_ROWS:
            raise AnswerTooLarge(f"More than {MAX_ROWS} stored series match.", limit=MAX_ROWS)
        return await asyncio.to_thread(_merge, rows, wanted)


def _merge(rows: Sequence[tuple[str, PowerSeries]], wanted: Selection) -> list[Series]:
    series: list[Series] = []
    values = 0
    for pod_id, members in groupby(rows, key=lambda row: row[0]):
        for part in merge_series((power for _, power in members), wanted.from_s, wanted.to_s):
            start = instant_at(part.start_s)
            series.append(Series(pod_id=pod_id, start_time=start, values=list(part.values)))
            values += len(part.values)
        if len(series) > MAX_SERIES or values > MAX_VALUES:
            raise AnswerTooLarge(
                f"More than {MAX_SERIES} series or {MAX_VALUES} values match.", limit=MAX_VALUES
            )
    return series
