"""Typical days of a year's metering, beside pandas; stored and read; a forecast and back-test."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks.harness import Row, median_s, paired_s
from platone.dso.domain.profile_set import ProfileSet
from platone.dso.records.packed_curve import pack_curves
from platone.dso.records.profile import ProfileRecords
from platone.dso.records.table import metadata
from platone.dso.service.profile import ReadProfiles
from platone.grid.profile.calendar import KINDS, Calendar
from platone.grid.profile.day_forecast import forecast_days
from platone.grid.profile.metering import Metering
from platone.grid.profile.public_holiday import CalendarChoice, NationalCalendars, national_calendar
from platone.grid.profile.typical_day import LEVELS, TypicalDays, typical_days
from platone.infra.db import Database, sqlite_url
from platone.kernel.market_time import MarketDay

_ZONE = "Europe/Rome"
_QUARTER_HOURS = 35_040
_CONSUMERS = 1000
_PEER_CONSUMERS = 50
_FORECAST_CONSUMERS = 50
_RUNS = 3


def _year(consumers: int) -> Metering:
    """A simulated year: a curve of the day, noise, one value in a thousand missing."""
    rng = np.random.default_rng(1)
    course = 100 + 50 * np.sin(np.arange(_QUARTER_HOURS) / 96 * 2 * np.pi)
    p_kw = course[:, None] + rng.normal(0, 10, (_QUARTER_HOURS, consumers))
    p_kw[rng.integers(0, _QUARTER_HOURS, 35), 0] = np.nan
    start = datetime(2020, 12, 31, 23, tzinfo=UTC)
    return Metering(start, tuple(f"POD-{n}" for n in range(consumers)), p_kw)


def _by_pandas(metering: Metering, calendar: Calendar) -> dict[str, Any]:
    """The same statistics by pandas' groups."""
    start = pd.Timestamp(metering.start)
    index = pd.date_range(start, periods=_QUARTER_HOURS, freq="15min").tz_convert(_ZONE)
    kinds = {day: KINDS.index(calendar.kind(day)) for day in set(index.date)}
    keys = [index.month, [kinds[day] for day in index.date], index.hour * 4 + index.minute // 15]
    groups = pd.DataFrame(metering.p_kw).groupby(keys)
    found = {"mean": groups.mean(), "std": groups.std(), "count": groups.count()}
    return found | {str(level): groups.quantile(level) for level in LEVELS}


def _check_agreement(typical: TypicalDays, other: dict[str, Any]) -> None:
    """Times compare only where the results agree."""
    own = (typical.basis == 0)[:, :, None] & (typical.p.count > 0)
    theirs = other["mean"].to_numpy().reshape(typical.p.mean.shape)
    assert own.mean() > 0.9
    assert np.allclose(np.where(own, typical.p.mean, 0), np.where(own, theirs, 0), atol=1e-9)


def _stored_s(typical: TypicalDays) -> tuple[float, float]:
    """Seconds of storing typical days in SQLite, and of reading what a market day needs."""

    async def median(work: Callable[[], Awaitable[object]]) -> float:
        loop, times = asyncio.get_running_loop(), []
        for _ in range(_RUNS):
            begin = loop.time()
            await work()
            times.append(loop.time() - begin)
        return sorted(times)[_RUNS // 2]

    async def measured(folder: Path) -> tuple[float, float]:
        database = Database(sqlite_url(folder / "dso.db"), metadata)
        await database.open()
        records, now = ProfileRecords(database), datetime.now(UTC)
        made = ProfileSet(0, now, now, now, CalendarChoice("IT"), 3, LEVELS, _CONSUMERS)

        async def store() -> None:
            async with records.making() as draft:
                await draft.add(pack_curves(typical))
                await draft.publish(made)

        profiles, day = ReadProfiles(records, NationalCalendars(_ZONE)), MarketDay(date(2022, 5, 3))
        found = await median(store), await median(lambda: profiles.of_day(typical.consumers, day))
        await database.close()
        return found

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measured(Path(folder)))


def measure() -> list[Row]:
    """A year of 1,000 consumers; the peer takes fewer and is scaled."""
    calendar = national_calendar("IT", zone=_ZONE)
    year = _year(_CONSUMERS)
    part = Metering(year.start, year.consumers[:_PEER_CONSUMERS], year.p_kw[:, :_PEER_CONSUMERS])
    _check_agreement(typical_days(part, calendar), _by_pandas(part, calendar))
    ours_s, peer_s = paired_s(
        lambda: typical_days(year, calendar), lambda: _by_pandas(part, calendar), _RUNS
    )
    store_s, read_s = _stored_s(typical_days(year, calendar))
    some = Metering(
        year.start,
        year.consumers[:_FORECAST_CONSUMERS],
        year.p_kw[-96 * 120 :, :_FORECAST_CONSUMERS],
    )
    origin = some.end - timedelta(hours=10)
    forecast_s = median_s(lambda: forecast_days(some, calendar, origin), _RUNS)
    return [
        Row(
            "profiles: typical days of a year",
            ours_s,
            "s",
            "pandas groupby",
            peer_s * _CONSUMERS / _PEER_CONSUMERS,
            f"{_CONSUMERS} consumers x {_QUARTER_HOURS} quarter-hours, mean, deviation and "
            f"{len(LEVELS)} quantiles; pandas on {_PEER_CONSUMERS} of them, scaled",
        ),
        Row("profiles: store typical days", store_s, "s", note=f"{_CONSUMERS} consumers in SQLite"),
        Row(
            "profiles: what a market day expects",
            read_s * 1e3,
            "ms",
            note=f"mean and deviation of {_CONSUMERS} consumers, read from SQLite",
        ),
        Row(
            "profiles: forecast of 3 days",
            forecast_s / _FORECAST_CONSUMERS * 1e3,
            "ms",
            note="a consumer; 4 models and 3 references, back-test of 28 days included",
        ),
    ]
