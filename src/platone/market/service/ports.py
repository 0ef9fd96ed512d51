"""What the use cases need: the market's records, and calls to other parties."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from platone.kernel.market_time import MarketDay
from platone.market.domain.calendar import SessionPlan, Status
from platone.market.domain.delivery import DeliveryLine, Metered
from platone.market.domain.session import Session
from platone.market.service.record import (
    Curves,
    LineRecord,
    OutcomeRecord,
    PaymentRecord,
    SessionSearch,
)
from platone.messages.base import MarketType
from platone.messages.ledger import (
    SettlementOrder,
    SettlementReceipt,
)
from platone.messages.market import (
    RecordedService,
    RecordedSession,
    SessionPod,
    Settlement,
    TechnicalOutcome,
    TopicMessage,
    ValidatedOutcome,
)
from platone.messages.registry import Measurement, PointOfDelivery


class Pods(Protocol):
    """Registered points of delivery."""

    async def find(self, pod_ids: Iterable[str]) -> dict[str, PointOfDelivery]:
        """Those that are registered."""
        ...

    async def of_pom(self, pom: str) -> dict[str, PointOfDelivery]:
        """Those that belong to a PoM."""
        ...

    async def put(self, pods: Sequence[PointOfDelivery]) -> None:
        """Register, or replace; those to be deleted are forgotten, but not by past sessions."""
        ...


class Sessions(Protocol):
    """Market sessions."""

    async def add(self, plans: Iterable[SessionPlan]) -> None:
        """Create those that are not there yet."""
        ...

    async def get(self, session_id: str) -> Session:
        """One session; raises UnknownSession."""
        ...

    async def of_outcome(self, outcome_id: str) -> Session:
        """The session of an outcome; raises UnknownOutcome."""
        ...

    async def search(self, wanted: SessionSearch) -> list[Session]:
        """Sessions by start of delivery, then kind."""
        ...

    async def open_now(self, market_type: MarketType, now: datetime) -> list[Session]:
        """Those of a kind that take submissions."""
        ...

    async def open_gates(self, now: datetime) -> None:
        """Make active what is created and whose gate is open."""
        ...

    async def retire_unused(self, now: datetime) -> None:
        """Settle what nobody used and whose gate has closed."""
        ...

    async def to_progress(self, now: datetime) -> list[Session]:
        """Used sessions to be closed or cleared, by closing of the gate."""
        ...

    async def next_gate(self, now: datetime) -> datetime | None:
        """When the next gate opens or closes."""
        ...

    async def mark_used(self, session_id: str) -> None:
        """Remember that something was submitted."""
        ...

    async def set_status(self, session_id: str, status: Status) -> None:
        """Move a session on."""
        ...

    async def set_outcome(self, session_id: str, outcome_id: str) -> None:
        """Name a session's outcome."""
        ...

    async def planned_until(self) -> date | None:
        """The last market day whose sessions exist."""
        ...

    async def set_planned_until(self, on: date) -> None:
        """Remember it."""
        ...


class Submissions(Protocol):
    """Requests, offers, and what a session recorded when they came."""

    async def hash_of(self, player_id: str, service_id: str) -> str | None:
        """Content hash of what a party sent under an identifier."""
        ...

    async def add(self, session_id: str, service: RecordedService, digest: str) -> None:
        """Store one."""
        ...

    async def of_session(self, session_id: str) -> list[RecordedService]:
        """Those of a session, by submission."""
        ...

    async def claim_spots(self, session_id: str, spots: Iterable[tuple[str, int]]) -> None:
        """Note what is offered; raises PodAlreadyOffered."""
        ...

    async def record_pods(self, session_id: str, pods: Iterable[PointOfDelivery]) -> None:
        """Keep whose PoDs are, and where they are measured, as of now, if not kept before."""
        ...

    async def pods_of(self, session_id: str) -> list[SessionPod]:
        """The PoDs that a session recorded, without baselines."""
        ...

    async def record_baselines(self, day: MarketDay, curves: Mapping[str, list[float]]) -> None:
        """Keep a day's baselines; the first one counts for all its sessions."""
        ...

    async def baselines(self, day: MarketDay, pod_ids: Iterable[str]) -> Curves:
        """The day's baselines that were recorded."""
        ...


class Outcomes(Protocol):
    """Outcomes."""

    async def add(self, record: OutcomeRecord, recording: RecordedSession) -> None:
        """Store a cleared session with all that it was cleared from."""
        ...

    async def recording(self, outcome_id: str) -> RecordedSession:
        """What an outcome was cleared from; raises UnknownOutcome."""
        ...

    async def get(self, outcome_id: str) -> OutcomeRecord:
        """One outcome, by its own identifier or its session's; raises UnknownOutcome."""
        ...

    async def set_validated(
        self, technical: TechnicalOutcome | None, final: ValidatedOutcome
    ) -> None:
        """Store what the grid said, and the final trades."""
        ...


class Settlements(Protocol):
    """Lines of settlement, payments, and what was told of them."""

    async def add_lines(self, session: Session, lines: Sequence[DeliveryLine]) -> None:
        """Store the lines of a validated session."""
        ...

    async def due(self, now: datetime) -> list[tuple[str, datetime]]:
        """(outcome, start of window) with open lines in windows that have ended, in order."""
        ...

    async def awaited(self, window_start: datetime, now: datetime) -> bool:
        """Whether a session that delivers in a window may yet bring trades to it."""
        ...

    async def lines_in(self, window_start: datetime) -> list[LineRecord]:
        """All lines of a window, of all sessions, in the order in which they were traded."""
        ...

    async def lines_of(self, outcome_id: str) -> list[LineRecord]:
        """All lines of an outcome."""
        ...

    async def count_payments(self, outcome_id: str) -> int:
        """How many payments were decided for an outcome."""
        ...

    async def add_payment(
        self,
        payment: PaymentRecord,
        window_start: datetime,
        metered: Mapping[str, Metered],
    ) -> None:
        """Decide a payment: its lines are ordered from now on, each with what it rests on."""
        ...

    async def unanswered(self) -> list[PaymentRecord]:
        """Payments that the ledger has not answered yet, in order."""
        ...

    async def answer(self, payment: PaymentRecord, receipt: SettlementReceipt | None) -> None:
        """Store the ledger's answer with each line."""
        ...

    async def publish(self, settlement: Settlement) -> None:
        """Store what is told."""
        ...

    async def find(self, identifier: str) -> Settlement | None:
        """By settlement; or the newest one of an outcome."""
        ...

    async def attempted_windows(self, outcome_id: str) -> set[datetime]:
        """The windows of an outcome that a payment was decided for."""
        ...

    async def reopen(self, outcome_id: str) -> None:
        """Open what the ledger refused, so that it is tried again."""
        ...


class Outgoing(Protocol):
    """What leaves the market; stored in the same transaction as what caused it."""

    async def send(self, destination: str, message: object) -> None:
        """Send a message by outbox."""
        ...

    async def certify(self, identifier: str, kind: str, content: object) -> None:
        """Have something certified, as canonical JSON, with a salt that is drawn now."""
        ...

    async def certify_all(self, items: Iterable[tuple[str, str, object]]) -> None:
        """The same for many: (identifier, kind, content)."""
        ...

    async def any_certificates(self) -> bool:
        """Whether something waits for certification."""
        ...

    async def send_certificates(self) -> None:
        """Send what waits for certification together, as far as one message holds it."""
        ...

    async def publish(self, topic: str, message: object, at: datetime) -> None:
        """Append to a topic."""
        ...

    async def read_topic(self, topic: str, after: int, limit: int) -> list[TopicMessage]:
        """A topic's messages after an offset."""
        ...


class Unit(Protocol):
    """One transaction on all records."""

    @property
    def pods(self) -> Pods:
        """Points of delivery."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Sessions."""
        ...

    @property
    def submissions(self) -> Submissions:
        """Requests and offers."""
        ...

    @property
    def outcomes(self) -> Outcomes:
        """Outcomes."""
        ...

    @property
    def settlements(self) -> Settlements:
        """Settlement."""
        ...

    @property
    def outgoing(self) -> Outgoing:
        """What leaves."""
        ...


class Records(Protocol):
    """The market's records."""

    def writing(self) -> AbstractAsyncContextManager[Unit]:
        """A transaction: all of it is durable at its end, or nothing."""
        ...

    def reading(self) -> AbstractAsyncContextManager[Unit]:
        """One consistent state, for reading."""
        ...


class Partners(Protocol):
    """Other parties' systems."""

    async def baselines(self, pod_ids: Sequence[str], day: MarketDay) -> Curves:
        """Baselines for a market day, where there are whole ones."""
        ...

    async def measurements(
        self, pod_ids: Sequence[str], start: datetime, end: datetime
    ) -> list[Measurement]:
        """Certified readings within a half-open period."""
        ...

    async def pay(self, order: SettlementOrder) -> SettlementReceipt:
        """Pay lines under their agreements; the same order is paid once only."""
        ...
