"""Problems that the aggregator platform tells."""

from platone.kernel.errors import Kind, PlatoneError


class OutcomeContradictsItself(PlatoneError):
    """Two trades of one PoD and quarter-hour name different totals: no setpoint can serve both."""

    slug = "outcome-contradicts-itself"
    title = "The outcome contradicts itself"


class PodNotInPortfolio(PlatoneError):
    """The PoD is not in the caller's portfolio. Add it with POST /api/aggregator/pods first."""

    slug = "pod-not-in-portfolio"
    title = "The PoD is not in the portfolio"
    kind = Kind.NOT_FOUND


class BaselineNotOfMarketDay(PlatoneError):
    """A baseline has one value for each quarter-hour of one market day.

    It begins at local midnight of the market's zone and has 92, 96 or 100 values, as the
    calendar of the zone has it: 92 on the day on which summer time begins, 100 when it ends.
    """

    slug = "baseline-not-of-market-day"
    title = "The baseline does not cover a market day"


class OfferOutsideLimits(PlatoneError):
    """A preference asks for more than the PoD's contract or its maximum flexibility allows.

    Change the preference, or the PoD's limits; the other PoDs' offers are not touched by it.
    """

    slug = "preference-outside-limits"
    title = "The offer passes the PoD's limits"


class BaselineMissing(PlatoneError):
    """There is no baseline of this PoD for the market day, so no offer can be made of it.

    Send one with POST /api/aggregator/baselines first.
    """

    slug = "preference-without-baseline"
    title = "The baseline is missing"
    kind = Kind.CONFLICT


class NothingToOffer(PlatoneError):
    """The PoD has no preference in the quarter-hours of this session."""

    slug = "nothing-to-offer"
    title = "There is nothing to offer"
    kind = Kind.CONFLICT


class SessionStartInvalid(PlatoneError):
    """No session of this kind delivers from this instant.

    A day-ahead session begins at local midnight of the market's zone; a real-time session at
    00, 04, 08, 12, 16 or 20 h local time. Look the sessions up with GET /api/marketSession.
    """

    slug = "session-start-invalid"
    title = "No session starts its delivery then"


class UnknownTenant(PlatoneError):
    """This aggregator is not served here."""

    slug = "unknown-tenant"
    title = "The aggregator is not served here"
    kind = Kind.NOT_FOUND


class AssetInvalid(PlatoneError):
    """An asset is exactly one of battery, plant and shiftable load; a PoD has at most twenty."""

    slug = "asset-invalid"
    title = "The asset is not one that can be kept"


class UnknownAsset(PlatoneError):
    """The caller has no such asset. GET /api/aggregator/assets lists them."""

    slug = "unknown-asset"
    title = "There is no such asset"
    kind = Kind.NOT_FOUND


class MarketDayInvalid(PlatoneError):
    """The address names no day; a market day is named by its date, such as 2021-06-23."""

    slug = "market-day-invalid"
    title = "There is no such market day"


class PreferenceInvalid(PlatoneError):
    """A span of a preference ends before it begins, or lies outside its day."""

    slug = "preference-invalid"
    title = "The preference is not of its day"


class WishNotKept(PlatoneError):
    """An offer does not keep to what its customer wishes for the day, or has agreed.

    `wish` says to what: `notAvailable` (nothing on this day), `hours` (nothing in these hours),
    `agreedHours`, `agreedChange` and `leastPrice` or `leastReactivePrice` (what was agreed for
    these quarter-hours, `indices`). GET /api/aggregator/preferences/{day} shows what customers
    said, GET /api/aggregator/pods what was agreed. Nothing was sent to the market.
    """

    slug = "wish-not-kept"
    title = "The offer is against a customer's wish"


class SessionNotNamed(PlatoneError):
    """An offer by hand names its session by `marketType` and `startTime`.

    Only so it is known for which day its customers' wishes count.
    """

    slug = "session-not-named"
    title = "The offer names no session"


class PlanFailed(PlatoneError):
    """The assets of a PoD are so many, or their numbers so far apart, that no plan was found."""

    slug = "plan-failed"
    title = "No plan was found"
    kind = Kind.CONFLICT


class HistoryTooShort(PlatoneError):
    """Too little was metered at the PoD for a baseline whose error can be told.

    A week of quarter-hours has to be known that can be forecast from the days before them: some
    nine days of measurements, without long gaps. Send a baseline of your own meanwhile.
    """

    slug = "history-too-short"
    title = "Too little was metered for a forecast"
    kind = Kind.CONFLICT


class ForecastInvalid(PlatoneError):
    """A baseline is forecast for today, tomorrow or the day after, for at most 200 PoDs at once."""

    slug = "forecast-invalid"
    title = "The forecast cannot be made as it is ordered"
