"""The problems of requests and offers that the market is sent."""

from platone.kernel.errors import Kind, PlatoneError


class UnknownPod(PlatoneError):
    """The message names a point of delivery that the market does not know.

    Points of delivery reach the market from the Shared Customer Database: register it there
    first (`POST /api/scd/pods`), and try again.
    """

    slug = "unknown-pod"
    title = "The point of delivery is not registered"


class UnknownPom(PlatoneError):
    """No registered point of delivery belongs to this point of measurement.

    The DSO says which point of measurement feeds a point of delivery
    (`PUT /api/scd/pods/{podId}/pom`).
    """

    slug = "unknown-pom"
    title = "The point of measurement has no points of delivery"


class UnknownService(PlatoneError):
    """The caller's party has sent no request or offer of this identifier."""

    slug = "unknown-service"
    title = "There is no such request or offer"
    kind = Kind.NOT_FOUND


class RevisionOutdated(PlatoneError):
    """A higher revision of this request or offer was accepted before: `revision` is the newest.

    To change what stands, send a revision above it, until the gate closes.
    """

    slug = "revision-outdated"
    title = "A newer revision stands"
    kind = Kind.CONFLICT


class ServiceWithdrawn(PlatoneError):
    """This revision was withdrawn, so that its repetition counts for nothing.

    To offer or ask again, send a revision above `revision`, until the gate closes.
    """

    slug = "service-withdrawn"
    title = "The request or offer was withdrawn"
    kind = Kind.CONFLICT


class AmendmentElsewhere(PlatoneError):
    """A revision changes what is asked or offered, not the session or the kind of service.

    Withdraw what stands, and send a message with an identifier of its own.
    """

    slug = "amendment-elsewhere"
    title = "The revision is for another session or of another kind"
    kind = Kind.CONFLICT


class WrongDuration(PlatoneError):
    """The message's `duration` is not the session's.

    A market day has 23, 24 or 25 hours (92, 96 or 100 quarter-hours): in spring one hour is
    missing, in autumn one comes twice. A real-time session has 4 hours, and 3 or 5 where
    the change falls in it. `expectedHours` is what this session has.
    """

    slug = "wrong-duration"
    title = "The duration is not the session's"


class IndexOutsideSession(PlatoneError):
    """The quarter-hour is not delivered in this session.

    `index` counts quarter-hours from local midnight, from 0, in day-ahead and real-time
    sessions alike; `firstIndex` and `lastIndex` are this session's.
    """

    slug = "index-outside-session"
    title = "The quarter-hour is not in the session"


class DuplicateIndex(PlatoneError):
    """The same quarter-hour is given twice for the same thing: which one counts is unclear."""

    slug = "duplicate-index"
    title = "A quarter-hour is given twice"


class DuplicatePod(PlatoneError):
    """A group names the same point of delivery twice: its baseline would count twice."""

    slug = "duplicate-pod"
    title = "A point of delivery is named twice"


class OfferNeedsOnePod(PlatoneError):
    """An entry of a recorded offer is not for exactly one point of delivery.

    What is offered of a group is parted among its points of delivery when the market takes it, and
    the parts are recorded.
    """

    slug = "offer-needs-one-pod"
    title = "A recorded offer is for exactly one point of delivery"


class PodsOrPom(PlatoneError):
    """Each entry names either its points of delivery, or one `pom`; not both."""

    slug = "pods-or-pom"
    title = "An entry names points of delivery or a point of measurement"


class OfferOutsideLimits(PlatoneError):
    """The offer passes what the point of delivery has contracted.

    `p` is a total: baseline plus change. It must stay between `leastKw` and `mostKw`, that is
    baseline - maxFlexibility.downP and baseline + maxFlexibility.upperP.
    """

    slug = "offer-outside-limits"
    title = "The offer passes the contracted flexibility"


class NotDivisible(PlatoneError):
    """The point of delivery moves all or nothing ("discrete"): `order.leastShare` must be 1.

    A market that trades no linked orders divides all offers.
    """

    slug = "not-divisible"
    title = "The point of delivery moves all or nothing"


class LinkedOrderNotTraded(PlatoneError):
    """The market takes offers whose quarter-hours stand alone: without `order`.

    Its operator can choose otherwise by the setting `clearing`, with `leastCost`, `linkedOrders`.
    """

    slug = "linked-order-not-traded"
    title = "Linked orders are not traded"


class OrderTermsInvalid(PlatoneError):
    """The terms in `order` contradict each other, or are none of a request or of an offer.

    A request may have `block`, `leastShare` and `leastKw`; an offer has no `leastKw`.
    """

    slug = "order-terms-invalid"
    title = "The terms of the order contradict each other"


class OffersNothing(PlatoneError):
    """The offered total is the baseline: `p` is a total, baseline plus change.

    Leave out a quarter-hour in which nothing is offered.
    """

    slug = "offers-nothing"
    title = "The offer changes nothing"


class DirectionNotTraded(PlatoneError):
    """The market's product is a change to the other side only."""

    slug = "direction-not-traded"
    title = "This direction is not traded"


class VolumeBelowLeast(PlatoneError):
    """The offered change is smaller than the market's least volume, `leastVolumeW` watts.

    The last part that is taken sets the price of all, so it must be worth measuring.
    """

    slug = "volume-below-least"
    title = "The offered change is too small"


class VolumeOffStep(PlatoneError):
    """The offered change is no whole number of the market's steps, `volumeStepW` watts each."""

    slug = "volume-off-step"
    title = "The offered change is between two steps"


class ActivationTooShort(PlatoneError):
    """Fewer connected quarter-hours of a point of delivery are offered than an activation lasts.

    The market's product says how many: `leastQuarterHours`.
    """

    slug = "activation-too-short"
    title = "The offered activation is too short"


class ActivationTooLong(PlatoneError):
    """A block has more connected quarter-hours than an activation may last: it is never taken.

    The market's product says how many: `mostQuarterHours`. Quarter-hours that are not of one
    block may be more: of them as many are taken as an activation may last.
    """

    slug = "activation-too-long"
    title = "The offered activation is too long"


class DeliveryTooSoon(PlatoneError):
    """The quarter-hour starts too soon after the trades are final to be activated in full.

    The market's product says how long that takes (`fullActivationMinutes`), and the session when
    its trades are final (`decisionDue`).
    """

    slug = "delivery-too-soon"
    title = "There is no time to activate it"


class ReactiveNotTraded(PlatoneError):
    """The market trades active power only.

    Its operator can choose otherwise by the setting `clearing`, with `reactive`.
    """

    slug = "reactive-not-traded"
    title = "Reactive power is not traded"


class ReactiveMissing(PlatoneError):
    """An entry whose `powerKind` is Q has points without `q` or `qPrice`."""

    slug = "reactive-missing"
    title = "The reactive power or its price is missing"


class BaselineMissing(PlatoneError):
    """The point of delivery has no baseline for the market day.

    Its aggregator gives one to the Shared Customer Database (`POST /api/scd/baselines`): a
    value for each quarter-hour of the day.
    """

    slug = "baseline-missing"
    title = "There is no baseline for this day"


class PodAlreadyOffered(PlatoneError):
    """Another offer stands for this point of delivery and quarter-hour in this session.

    Offers are totals, so two of them contradict each other; the first one stands.
    """

    slug = "pod-already-offered"
    title = "The point of delivery is offered already"
    kind = Kind.CONFLICT


class ServiceNotAllowed(PlatoneError):
    """The caller's party may not send this kind of message, or speaks for another party.

    DSO_request comes from the DSO, TSO_request from the TSO, an offer from the aggregator
    that the point of delivery belongs to; `playerId` is the caller's own party.
    """

    slug = "service-not-allowed"
    title = "The caller may not send this service"
    kind = Kind.FORBIDDEN
