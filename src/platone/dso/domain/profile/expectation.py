"""What typical days say of given instants: for the power flow, and as pseudo-measurements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from platone.dso.domain.array import Flags, Floats
from platone.dso.domain.flow.state import ConsumerPower
from platone.dso.domain.profile.calendar import KINDS
from platone.dso.domain.profile.day_grid import Ints, places
from platone.dso.domain.profile.statistic import Spread
from platone.dso.domain.profile.typical_day import Basis, TypicalDays
from platone.kernel.errors import Kind, PlatoneError
from platone.kernel.market_time import MarketDay

_FLOOR_SHARE = 0.01
_FLOOR_KW = 0.001


class ProfileMissing(PlatoneError):
    """A consumer has no typical day, so nothing can be expected of it.

    `consumers` names them. Build profiles from metering that holds them, or give their power.
    """

    slug = "profile-missing"
    title = "There is no profile"
    kind = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What is expected of a consumer, one value an instant; load convention.

    Attributes:
        mean_kw: Expected active power.
        sigma_kw: Its standard deviation, greater than 0.
        mean_kvar: Expected reactive power; None where it is not known of all instants.
        sigma_kvar: Its standard deviation, greater than 0.
    """

    mean_kw: Floats
    sigma_kw: Floats
    mean_kvar: Floats | None = None
    sigma_kvar: Floats | None = None


def expected(typical: TypicalDays, consumer: str, instants: Sequence[datetime]) -> Expectation:
    """Expected power of a consumer at aware instants, and how far it may lie off.

    The variance is that of one more day, ``s^2 (1 + 1/n)``, of the n days behind the curve, but
    sigma is not less than 1 % of the consumer's greatest mean, nor than 1 W: a meter that always
    showed the same is not known without error. A curve of one day has no deviation; its sigma is
    its greatest mean.

    Raises:
        ProfileMissing: The consumer has no curve for one of the instants.
    """
    if consumer not in typical.consumers:
        raise ProfileMissing(f"{consumer} has no profile.", consumers=[consumer])
    place = typical.consumers.index(consumer)
    spots = _spots(typical, instants)
    if (typical.basis[spots[0], spots[1], place] == Basis.NONE).any():
        raise ProfileMissing(f"{consumer} has no typical day then.", consumers=[consumer])
    mean, sigma = _mean_sigma(typical.p, spots, place)
    if typical.q is None:
        return Expectation(mean, sigma)
    mean_kvar, sigma_kvar = _mean_sigma(typical.q, spots, place)
    if np.isnan(mean_kvar).any():  # of others it was metered, or at other times
        return Expectation(mean, sigma)
    return Expectation(mean, sigma, mean_kvar, sigma_kvar)


def expected_power(
    typical: TypicalDays,
    consumers: Sequence[str],
    day: MarketDay,
    kvar_per_kw: Sequence[float] | None = None,
) -> ConsumerPower:
    """Expected power of consumers in all quarter-hours of a market day, for the power flow.

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
    """Month, kind of day and place on the clock's face of instants."""
    days, quarters = places(instants, typical.calendar.zone)
    kinds = {day: KINDS.index(typical.calendar.kind(day)) for day in set(days)}
    month = np.array([day.month - 1 for day in days], dtype=np.intp)
    return month, np.array([kinds[day] for day in days], dtype=np.intp), quarters


def _mean_sigma(
    spread: Spread, spots: tuple[Ints, Ints, Ints], place: int
) -> tuple[Floats, Floats]:
    means = spread.mean[..., place]
    size = float(np.nanmax(np.abs(means))) if not np.isnan(means).all() else 0.0
    month, kind, quarter = spots
    count = np.maximum(spread.count[month, kind, quarter, place], 1)
    sigma = spread.deviation[month, kind, quarter, place] * np.sqrt(1.0 + 1.0 / count)
    floor = max(_FLOOR_SHARE * size, _FLOOR_KW)
    sigma = np.maximum(np.where(np.isnan(sigma), size, sigma), floor)
    return means[month, kind, quarter], sigma
