"""Market sessions with their requests and offers, and what is published (D3.6 4.3.2, 4.3.5)."""

from enum import Enum
from typing import Annotated

import msgspec

from platone.messages.base import (
    Identifier,
    Instant,
    ListPart,
    MarketType,
    Message,
    PodId,
    PowerKw,
    PriceEurPerKwh,
    SlotIndex,
)
from platone.messages.clearing import ClearingRules, GridLimit, Product
from platone.messages.order import OrderTerms

MARKET_ZONE = "Europe/Rome"
"""Zone of a recorded session that names none: that of the first market (D2.4)."""

_Duration = Annotated[int, msgspec.Meta(ge=1, le=25)]
_Interval = Annotated[int, msgspec.Meta(ge=15, le=15)]
Revision = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
"""The number of a version of a request or offer: a higher one replaces a lower one."""


class ServiceType(Enum):
    """The kinds of flexibility services: a request of the DSO or the TSO, or an offer."""

    DSO_REQUEST = "DSO_request"
    TSO_REQUEST = "TSO_request"
    OFFER = "offer"


class PowerKind(Enum):
    """The kinds of power that are asked and offered, each a product of its own."""

    ACTIVE = "P"
    """Active power, kW: `p` and `pPrice` of the points."""
    REACTIVE = "Q"
    """Reactive power, kvar: `q` and `qPrice` of the points."""


class PowerPoint(Message, omit_defaults=True):
    """The total power in one quarter-hour: an offer's is the PoD's baseline plus its change.

    Attributes:
        index: The quarter-hour of the market day, from local midnight.
        p: Total active power, kW, load convention.
        p_price: Price limit (request) or least price (offer), EUR/kWh.
        q: Total reactive power, kvar; positive: withdrawn (inductive).
        q_price: Its price, EUR/kvarh.
    """

    index: SlotIndex
    p: PowerKw
    p_price: PriceEurPerKwh
    q: PowerKw | None = None
    q_price: PriceEurPerKwh | None = None


class Flexibility(Message):
    """The power that is asked of a group of PoDs or of a PoM, or offered for a PoD.

    Attributes:
        pod: The PoDs; where an offer names several, the total is of all together.
        pom: The PoM, in place of PoDs; in an offer all of the party's behind it.
        power: Its quarter-hours.
        order: The terms of an offer that can be taken in certain parts only.
        power_kind: What is asked or offered; none for active power. Of an entry of reactive power
            `p` and `pPrice` say nothing.
    """

    pod: Annotated[list[PodId], msgspec.Meta(min_length=1, max_length=10_000)] | None = None
    pom: Identifier | None = None
    power: Annotated[list[PowerPoint], msgspec.Meta(min_length=1, max_length=100)]
    order: OrderTerms | None = None
    power_kind: PowerKind | None = None


class FlexibilityService(Message):
    """A flexibility request or offer (D3.6 4.3.2).

    Attributes:
        player_id: The party.
        service_type: Request of the DSO or TSO, or offer.
        player_service_id: The party's own identifier of this message.
        flexibility: What is asked or offered.
        market_type: The session's kind; omitted only inside a recorded session.
        start_time: Start of the session's delivery; omitted, the one open session of its kind.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        revision: The version: the same playerServiceId with a higher one replaces what stands.
    """

    player_id: Identifier
    service_type: ServiceType
    player_service_id: Identifier
    flexibility: Annotated[list[Flexibility], msgspec.Meta(min_length=1, max_length=10_000)]
    market_type: MarketType | None = None
    start_time: Instant | None = None
    duration: _Duration | None = None
    interval: _Interval = 15
    revision: Revision = 1


class SessionReference(Message):
    """The name of a session: its kind and the start of its delivery.

    Attributes:
        market_type: The kind of session.
        start_time: Start of delivery.
    """

    market_type: MarketType
    start_time: Instant


class SessionTerms(Message):
    """A session's kind and delivery period.

    Attributes:
        market_type: Day-ahead or real-time.
        start_time: Start of delivery; local midnight for a day-ahead session.
        duration: Hours of delivery: 23 to 25 for a day, 3 to 5 in real time.
        interval: Minutes of a quarter-hour.
    """

    market_type: MarketType
    start_time: Instant
    duration: _Duration = 24
    interval: _Interval = 15


class WaitsFor(Enum):
    """The parties and systems that a market session can wait for."""

    MARKET_OPERATOR = "MarketOperator"
    """The market operator: to clear the session, or to have refused payments tried again."""
    SYSTEM_OPERATOR = "SystemOperator"
    """The DSO, who says what the grid can take of the trades."""
    METERED_DATA_ADMINISTRATOR = "MeteredDataAdministrator"
    """The measurements of what was delivered."""
    LEDGER = "Ledger"
    """The ledger, which pays."""


class MarketSession(Message):
    """A market session and its state.

    Attributes:
        id: Its identifier.
        market_type: Day-ahead or real-time.
        start_time: Start of delivery.
        duration: Hours of delivery.
        interval: Minutes of a quarter-hour.
        status: created, active, closed, outcome or validated on its way; at the end settled (every
            trade is paid), partlyPaid, notPaid, notTraded (there was no trade), or notValidated or
            cancelled (its trades did not become final).
        gate_opens: From when requests and offers are taken.
        gate_closes: Until when.
        market_outcome: The outcome's identifier once it is cleared.
        waiting_for: Who has to act before the session can go on; none where only time has to pass.
        waiting_since: Since when.
        decision_due: When its trades have to be final: what is not by then is not activated.
        product: The active power that can be traded in it; none once it takes no more requests and
            offers: its recording tells by which rules it was cleared.
    """

    id: Identifier
    market_type: MarketType
    start_time: Instant
    duration: int
    interval: int
    status: str
    gate_opens: Instant
    gate_closes: Instant
    market_outcome: Identifier | None = None
    waiting_for: WaitsFor | None = None
    waiting_since: Instant | None = None
    decision_due: Instant | None = None
    product: Product | None = None


class MarketSessionPage(ListPart):
    """Sessions, by start of delivery.

    Attributes:
        sessions: Those in this part of the list.
    """

    sessions: list[MarketSession]


class SessionPod(Message):
    """A PoD as a recorded session knows it.

    Attributes:
        pod_id: Its identifier.
        aggregator_id: Who may offer it.
        po_m_id: Its point of measurement.
        power_baseline: kW, one value a quarter-hour of the market day.
        reactive_baseline: The same of reactive power, kvar, where any is asked or offered.
    """

    pod_id: PodId
    aggregator_id: Identifier
    po_m_id: Identifier | None = None
    power_baseline: Annotated[list[PowerKw], msgspec.Meta(max_length=100)]
    reactive_baseline: Annotated[list[PowerKw], msgspec.Meta(max_length=100)] | None = None


class AskedGroup(Message):
    """The group of a request's entry as it was when the request was accepted.

    Attributes:
        pods: The PoDs of the entry's PoM; empty where the entry names its PoDs itself.
        needs_kw: What the group then needed at each of the entry's quarter-hours: the total asked
            for less the baselines known then, kW (kvar of reactive power). Its direction stays
            that of the request.
    """

    pods: Annotated[tuple[PodId, ...], msgspec.Meta(max_length=100_000)] = ()
    needs_kw: Annotated[tuple[float, ...], msgspec.Meta(max_length=100)] = ()


class RecordedService(FlexibilityService):
    """A request or offer with what was noted when it was accepted.

    Attributes:
        submitted_at: When it was submitted; breaks ties.
        asked: The groups of a request, one for each entry.
        offered: The entries of an offer as they came, where a group was parted among its PoDs.
    """

    submitted_at: Instant | None = None
    asked: tuple[AskedGroup, ...] = ()
    offered: Annotated[tuple[Flexibility, ...], msgspec.Meta(max_length=10_000)] = ()


class FlexibilityServicePage(ListPart):
    """Requests and offers, by time of submission.

    Attributes:
        flexibility_services: Those in this part of the list.
    """

    flexibility_services: list[RecordedService]


class LeftOut(Message):
    """An offered quarter-hour that does not take part, with the reason.

    Attributes:
        player_id: The aggregator.
        player_service_id: The offer.
        pod: The PoD.
        index: The quarter-hour.
        reason: Its `rejectionTypeP`: `notRegistered`, `notPlaced`, `noAgreement`, `notQualified` or
            `baselineMoved`.
        power_kind: What was offered; none for active power.
    """

    player_id: Identifier
    player_service_id: Identifier
    pod: PodId
    index: SlotIndex
    reason: Annotated[
        str,
        msgspec.Meta(pattern="^(notRegistered|notPlaced|noAgreement|notQualified|baselineMoved)$"),
    ]
    power_kind: PowerKind | None = None


class ServiceState(Enum):
    """The states of a version of a request or offer."""

    STANDS = "stands"
    """It counts in its session's clearing."""
    REPLACED = "replaced"
    """A later version counts in its place."""
    WITHDRAWN = "withdrawn"
    """It counts no more."""


class ServiceVersion(Message):
    """One version of a request or offer, with its fate.

    Attributes:
        state: Whether it counts.
        session: Identifier of its session.
        ended_at: When it was replaced or withdrawn.
        service: What was submitted, and when.
    """

    state: ServiceState
    session: Identifier
    ended_at: Instant | None = None
    service: RecordedService


class ServiceHistory(ListPart):
    """All versions of the requests and offers of one identifier, by party and revision.

    Attributes:
        versions: Those in this part of the list.
    """

    versions: list[ServiceVersion]


class Withdrawal(Message):
    """The certified record of a withdrawal.

    Attributes:
        player_id: The party.
        player_service_id: The request or offer.
        revision: The version that stood.
        withdrawn_at: When it was withdrawn.
    """

    player_id: Identifier
    player_service_id: Identifier
    revision: Revision
    withdrawn_at: Instant


class RecordedSession(Message):
    """All inputs of a clearing: `platone market clear` takes it as a file.

    Attributes:
        session: Kind and delivery period.
        pods: The PoDs that requests and offers are about, each once.
        flexibility_services: The requests and offers.
        zone: IANA name of the market's zone; where omitted, Europe/Rome.
        rules: How it is cleared; where omitted, by the rules of the field test.
        grid_limits: Limits of the grid that a clearing at least cost keeps.
        baselines_as_of: The instant before which a baseline had to come to count.
        left_out: Offered quarter-hours that do not take part.
    """

    session: SessionTerms
    pods: list[SessionPod]
    flexibility_services: list[RecordedService]
    zone: Identifier | None = None
    rules: ClearingRules | None = None
    grid_limits: tuple[GridLimit, ...] = ()
    baselines_as_of: Instant | None = None
    left_out: tuple[LeftOut, ...] = ()


class TopicMessage(Message):
    """One message of a participant's topic.

    Attributes:
        offset: Its place in the topic, from 1.
        topic: The topic.
        published_at: When it was published.
        content: The message.
    """

    offset: int
    topic: str
    published_at: Instant
    content: msgspec.Raw
