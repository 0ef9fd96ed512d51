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
