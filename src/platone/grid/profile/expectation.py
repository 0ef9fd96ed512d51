"""Expected power at given instants by typical days, for power flows and state estimation."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from platone.grid.array import Flags
from platone.grid.flow.state import ConsumerPower
from platone.grid.problem.profile import ProfileMissing
from platone.grid.profile.calendar import KINDS
from platone.grid.profile.day_curve import DayCurve, Expectation, size_of
from platone.grid.profile.day_grid import Ints, clock_places
from platone.grid.profile.statistic import Spread
from platone.grid.profile.typical_day import Basis, TypicalDays
from platone.kernel.market_time import MarketDay


def expected(typical: TypicalDays, consumer: str, instants: Sequence[datetime]) -> Expectation:
    """Return the expected power of a consumer at aware instants, with standard deviations.

    See :func:`platone.grid.profile.day_curve.sigma_of`.

    Raises:
        ProfileMissing: The consumer has no curve for one of the instants.
    """
    if consumer not in typical.consumers:
        raise ProfileMissing(f"{consumer} has no profile.", consumers=[consumer])
    place = typical.consumers.index(consumer)
    month, kind, quarter = _spots(typical, instants)
    if (typical.basis[month, kind, place] == Basis.NONE).any():
        raise ProfileMissing(f"{consumer} has no typical day then.", consumers=[consumer])
    cells = month * len(KINDS) + kind
    columns = np.full((4, len(cells)), np.nan)
    for cell in np.unique(cells):
        spots = np.flatnonzero(cells == cell)
        said = curve(typical, place, *divmod(int(cell), len(KINDS))).expected(quarter[spots])
        columns[:2, spots] = said.mean_kw, said.sigma_kw
        if said.mean_kvar is not None and said.sigma_kvar is not None:
            columns[2:, spots] = said.mean_kvar, said.sigma_kvar
    if np.isnan(columns[2]).any():  # of others it was metered, or at other times
        return Expectation(columns[0], columns[1])
    return Expectation(*columns)


def curve(typical: TypicalDays, place: int, month: int, kind: int) -> DayCurve:
    """Return the curve of the consumer at a place, of a month (from 0) and a kind of day."""
    cell = month, kind, slice(None), place
    p, q = typical.p, typical.q
    if q is None:
        return DayCurve(_at(p, cell), size_of(p.mean[..., place]))
    sizes = size_of(p.mean[..., place]), size_of(q.mean[..., place])
    return DayCurve(_at(p, cell), sizes[0], _at(q, cell), sizes[1])


def _at(spread: Spread, cell: tuple[int, int, slice, int]) -> Spread:
    return Spread(
        spread.count[cell], spread.mean[cell], spread.deviation[cell], spread.quantiles[:, *cell]
    )


def expected_power(
    typical: TypicalDays,
    consumers: Sequence[str],
    day: MarketDay,
    kvar_per_kw: Sequence[float] | None = None,
) -> ConsumerPower:
    """Return the expected power of consumers in all quarter-hours of a market day.

    Args:
        typical: Their typical days.
        consumers: Whose power, in the order of the columns that come back.
        day: The market day; its 92, 96 or 100 quarter-hours are the rows.
        kvar_per_kw: Reactive per active power (tan phi) of each consumer, which counts where no
            reactive power was metered.

    Raises:
        ProfileMissing: Consumers have no curve, or neither metered reactive power nor a factor.
    """
    spots = _spots(typical, list(day.instants()))
    where = {consumer: place for place, consumer in enumerate(typical.consumers)}
    columns = np.array([where.get(consumer, -1) for consumer in consumers], dtype=np.intp)
    basis = typical.basis[spots[0][0], spots[1][0]][columns]
    is_there: Flags = np.asarray((columns >= 0) & (basis != Basis.NONE))
    _require(is_there, consumers, "no profile for that day")
    month, kind, quarter = (part[:, None] for part in spots)
    p_kw = typical.p.mean[month, kind, quarter, columns]
    q_kvar = np.full_like(p_kw, np.nan)
    if typical.q is not None:
        q_kvar = typical.q.mean[month, kind, quarter, columns]
    if kvar_per_kw is not None:
        q_kvar = np.where(np.isnan(q_kvar), p_kw * np.asarray(kvar_per_kw), q_kvar)
    _require(np.asarray(~np.isnan(q_kvar).any(axis=0)), consumers, "no reactive power")
    return ConsumerPower(p_kw, q_kvar)


def _require(is_there: Flags, consumers: Sequence[str], lack: str) -> None:
    missing = [name for name, is_one in zip(consumers, is_there, strict=True) if not is_one]
    if missing:
        detail = f"{len(missing)} consumers have {lack}, the first is {missing[0]}."
        raise ProfileMissing(detail, consumers=missing)


def _spots(typical: TypicalDays, instants: Sequence[datetime]) -> tuple[Ints, Ints, Ints]:
    """Return month, kind of day and place on the clock's face of instants."""
    days, quarters = clock_places(instants, typical.calendar.zone)
    kinds = {day: KINDS.index(typical.calendar.kind(day)) for day in set(days)}
    month = np.array([day.month - 1 for day in days], dtype=np.intp)
    return month, np.array([kinds[day] for day in days], dtype=np.intp), quarters
