"""Reading of what deliveries are measured by: readings, gaps between them, and baselines."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from platone.infra.aside import aside
from platone.infra.db import chunks
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.session_window import SessionWindow, real_time_window
from platone.market.domain.baseline import LONGEST_LOOK_BACK, is_working_day
from platone.market.domain.delivery import DeliveryLine
from platone.market.domain.delivery_basis import first_quarters, with_baselines
from platone.market.domain.metering import Metered, PodReadings, Readings
from platone.market.domain.validation import Spot
from platone.market.records.news import READINGS
from platone.market.records.unit import MarketRecords
from platone.market.service.day_at_hand import Energies
from platone.market.service.ports import Partners
from platone.market.service.settlement_at_hand import SettlementAtHand
from platone.market.service.trades_at_hand import Indices, traded_indices
from platone.messages.clearing import BaselineMethod, SettlementRules
from platone.messages.recording import MeteredDay
from platone.messages.registry import Measurement

_HOUR = timedelta(hours=1)
"""How far a reading, or the other side of a gap, lies beyond a window at most."""
_KEPT_AT_ONCE = 1_000
"""Days that are noted before others have a turn: some 10 ms."""
_DAYS_AT_ONCE = 15
"""Days before the delivery that are read at once: they hold ten working days."""
_MEANS = {BaselineMethod.TEN_OF_TEN: 10, BaselineMethod.FIVE_WORKING_DAYS: 5}
"""Days that a method's mean is taken of."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The energies and baselines that deliveries in a window are measured by.

    Attributes:
        metered: What was metered, with the baselines.
        days: The metered days that the baselines are made of.
    """

    metered: dict[Spot, Metered]
    days: tuple[MeteredDay, ...]


@dataclass(frozen=True, slots=True)
class ReadBasis:
    """Reads the basis of deliveries.

    Args:
        records: The market's records.
        partners: Where readings come from.
        zone: The market's zone.
        at_hand: What was read or found before.
    """

    records: MarketRecords
    partners: Partners
    zone: str
    at_hand: SettlementAtHand

    async def __call__(
        self, settlement_id: str, lines: Sequence[DeliveryLine], now: datetime
    ) -> Basis:
        """Return the basis of trades in one window.

        Args:
            settlement_id: The settlement that it is read for.
            lines: The trades, of one outcome.
            now: By the market's clock.
        """
        if not lines:
            return Basis({}, ())
        rules = await self.at_hand.rules.of(lines[0].outcome_id)
        window = real_time_window(lines[0].window_start, self.zone)
        pods = sorted({each.pod for each in lines})
        async with self.records.reading() as unit:
            self.at_hand.metered.follow(await unit.news.count(READINGS))
        until = first_quarters(lines[0], self.zone)
        of_day = self.at_hand.metered.begun
        begun = of_day.find_all(pods, window.day.on, until, now)
        first = (window.start - window.day.start) // QUARTER_HOUR
        unread = [pod for pod in pods if pod not in begun]
        before = of_day.find_all(unread, window.day.on, first, now)
        changes = self.at_hand.metered.changes
        known = await self._readings(lines, window, pods, begun, before)
        late = _estimated(lines, window, rules, now)
        metered = await aside(len(lines), known.meter, lines, late)
        traded = await self.at_hand.trades.read(pods, window.day)
        starts = list(islice(window.day.instants(), until))

        def own_day(pod: str) -> MeteredDay:
            earlier = begun[pod] if pod in begun else before.get(pod, ())
            later = known.of(pod).energies(starts[len(earlier) :])
            return _metered_day(settlement_id, pod, window.day, earlier + later, traded[pod])

        days = await aside(len(pods), lambda: [own_day(pod) for pod in pods])
        read = [each for each in days if each.pod_id not in begun]
        its = await aside(len(read), _around_window, read, known, window)
        for some in chunks(zip(read, its, strict=True), _KEPT_AT_ONCE):
            if self.at_hand.metered.changes == changes:  # nothing of it was corrected meanwhile
                self._keep(some, window, before, now)
            await asyncio.sleep(0)
        await asyncio.to_thread(known.let_go)
        days += await self._days_before(settlement_id, pods, window.day, rules, now)
        async with self.records.reading() as unit:
            session = await unit.sessions.of_outcome(lines[0].outcome_id)
        declared = await self.at_hand.curves.of(session.id, pods)
        earlier = None if rules.baseline in _MEANS else self.at_hand.histories  # weeks are too much
        found = await aside(
            len(lines),
            with_baselines,
            metered,
            lines,
            days,
            declared,
            rules,
            self.zone,
            earlier=earlier,
        )
        return Basis(found, tuple(days))

    def _keep(
        self,
        days: Iterable[tuple[MeteredDay, PodReadings]],
        window: SessionWindow,
        earlier: Collection[str],
        now: datetime,
    ) -> None:
        """Keep days that were just read, with the readings around the window.

        Args:
            days: The days, each with its readings.
            window: The window.
            earlier: Points of delivery of which the beginning of the day was at hand.
            now: By the market's clock.
        """
        begun = self.at_hand.metered.begun
        for each, readings in days:
            pod = each.pod_id
            read_at = begun.read_at(pod) if pod in earlier else None
            if begun.keep(pod, each.on, each.energies, read_at or now):
                begun.keep_readings(window.start, pod, readings)

    async def _readings(
        self,
        lines: Sequence[DeliveryLine],
        window: SessionWindow,
        pods: Sequence[str],
        begun: Collection[str],
        before: Collection[str],
    ) -> Readings:
        """Return the readings around trades, and all since the day began where it is not at hand.

        Args:
            lines: The trades.
            window: Their window.
            pods: Their PoDs.
            begun: Those whose day is at hand until the window's end.
            before: Those whose day is at hand until its start.
        """
        starts = [each.starts for each in lines]
        at_hand = self.at_hand.metered.begun.readings(window.start, begun)
        around = min(starts) - _HOUR, max(starts) + QUARTER_HOUR + _HOUR
        found: list[Measurement] = []
        for (start, end), its in (
            (_whole(window), [pod for pod in pods if pod not in begun and pod not in before]),
            (_around(window), [pod for pod in pods if pod in before]),
            (around, [pod for pod in pods if pod in begun and pod not in at_hand]),
        ):
            if its:
                found += await self.partners.measurements(its, start, end)
        return await aside(len(found), Readings, found, at_hand)

    async def _days_before(
        self,
        settlement_id: str,
        pods: Sequence[str],
        day: MarketDay,
        rules: SettlementRules,
        now: datetime,
    ) -> list[MeteredDay]:
        """Return the metered days before a delivery, as many as its baseline may need."""
        if rules.baseline is BaselineMethod.METER_BEFORE:
            return await self._read_days(settlement_id, pods, [day.previous], now)
        if rules.baseline not in _MEANS:
            return []
        wanted = 2 * _MEANS[rules.baseline]  # as some quarter-hours of a day may not count
        found: list[MeteredDay] = []
        missing = list(pods)
        for first in range(1, LONGEST_LOOK_BACK + 1, _DAYS_AT_ONCE):
            before = [
                MarketDay(day.on - timedelta(days=back), self.zone)
                for back in range(first, first + _DAYS_AT_ONCE)
            ]
            found += await self._read_days(settlement_id, missing, before, now)
            counted = Counter(each.pod_id for each in found if _is_like(each.on, day.on, rules))
            missing = [pod for pod in missing if counted[pod] < wanted]
            if not missing:
                break
        return found

    async def _read_days(
        self, settlement_id: str, pods: Sequence[str], days: Sequence[MarketDay], now: datetime
    ) -> list[MeteredDay]:
        if not pods:
            return []
        energies = await self._past_energies(pods, days, now)
        async with self.records.reading() as unit:
            traded = await unit.settlements.traded(pods, days[-1].start, days[0].end)
        starts = {day.on: list(day.instants()) for day in days}
        found = [
            _metered_day(
                settlement_id,
                pod,
                day,
                energies[pod, day.on],
                traded_indices(starts[day.on], traded.get(pod)),
            )
            for pod in pods
            for day in days
        ]
        return [each for each in found if any(energy is not None for energy in each.energies)]

    async def _past_energies(
        self, pods: Sequence[str], days: Sequence[MarketDay], now: datetime
    ) -> dict[tuple[str, date], Energies]:
        """Return past days' energies, those that are not at hand in one reading."""
        found: dict[tuple[str, date], Energies] = {}
        unread: list[tuple[str, MarketDay]] = []
        for pod in pods:
            for day in days:
                energies = self.at_hand.metered.find(pod, day.on)
                if energies is None:
                    unread.append((pod, day))
                else:
                    found[pod, day.on] = energies
        if unread:
            start = min(day.start for _, day in unread)
            end = max(day.end for _, day in unread)
            asked = list(dict.fromkeys(pod for pod, _ in unread))
            changes = self.at_hand.metered.changes
            read = await self.partners.measurements(asked, start, end)
            known = await aside(len(read), Readings, read)
            starts = {day.on: list(day.instants()) for day in days}
            for pod, day in unread:
                energies = known.of(pod).energies(starts[day.on])
                if self.at_hand.metered.changes == changes:
                    self.at_hand.metered.keep(pod, day, energies, now)
                found[pod, day.on] = energies
        return found


def _whole(window: SessionWindow) -> tuple[datetime, datetime]:
    """Return the period that a window's baselines and readings come from: its day so far."""
    start, end = _around(window)
    return min(window.day.start, start), end


def _around(window: SessionWindow) -> tuple[datetime, datetime]:
    """Return the period that the readings of a window's own quarter-hours come from."""
    return window.start - _HOUR, window.end + _HOUR


def _around_window(
    days: Iterable[MeteredDay], known: Readings, window: SessionWindow
) -> list[PodReadings]:
    """Return the readings that lines of a window may rest on, of each of these days."""
    start, end = _around(window)
    return [known.of(each.pod_id).between(start, end) for each in days]


def _estimated(
    lines: Sequence[DeliveryLine], window: SessionWindow, rules: SettlementRules, now: datetime
) -> set[Spot]:
    """Return the quarter-hours whose readings have been awaited long enough."""
    hours = rules.estimate_after_hours
    is_late = hours > 0 and window.end + timedelta(hours=hours) <= now
    return {each.spot for each in lines} if is_late else set()


def _metered_day(
    settlement_id: str, pod: str, day: MarketDay, energies: Energies, traded: Indices
) -> MeteredDay:
    return MeteredDay(
        settlement_id=settlement_id, pod_id=pod, on=day.on, energies=energies, traded=traded
    )


def _is_like(on: date, day: date, rules: SettlementRules) -> bool:
    """Return whether a day may count in the mean for another."""
    holidays = frozenset(rules.holidays)
    wanted = rules.baseline is BaselineMethod.FIVE_WORKING_DAYS or is_working_day(day, holidays)
    return is_working_day(on, holidays) is wanted
