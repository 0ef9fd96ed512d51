"""The tables of the market."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    type_coerce,
)
from sqlalchemy.types import BigInteger, TypeDecorator

from platone.infra.kafka.queue import place_table
from platone.infra.lease.table import lease_table
from platone.infra.migration import REVISIONS
from platone.infra.outbox import Outbox
from platone.infra.whole import WholeNumber

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class InstantColumn(TypeDecorator[datetime]):
    """An aware instant as whole microseconds since 1970: exact and sortable."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Return an instant as the database has it."""
        del dialect
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Return an instant as the database gave it."""
        del dialect
        return None if value is None else _EPOCH + value * _MICROSECOND


class InstantTable(dict[int, datetime]):
    """The instants of numbers that `as_number` gives, each made once."""

    def __missing__(self, number: int) -> datetime:
        """Return the instant of a number that was not asked for before."""
        instant = self[number] = _EPOCH + number * _MICROSECOND
        return instant


def as_number(column: Column[Any]) -> ColumnElement[int]:
    """Return a column of instants as the whole microseconds that the database has."""
    return type_coerce(column, BigInteger)


metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})
outbox = Outbox(metadata)
lease = lease_table(metadata)
"""Which worker does which step, where several share the records; and the news that they tell."""

pod = Table(
    "pod",
    metadata,
    Column("pod_id", String, primary_key=True),
    Column("pom", String, index=True),
    Column("document", LargeBinary, nullable=False),
)

pod_before = Table(
    "pod_before",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("pod_id", String, nullable=False),
    Column("until", InstantColumn, nullable=False),
    Column("document", LargeBinary),
    Index("pod_before_instant", "pod_id", "until"),
)
"""Registrations as they were until an instant; without a document the PoD was not registered."""

session = Table(
    "session",
    metadata,
    Column("id", String, primary_key=True),
    Column("market_type", String, nullable=False),
    Column("starts", InstantColumn, nullable=False),
    Column("ends", InstantColumn, nullable=False),
    Column("gate_opens", InstantColumn, nullable=False),
    Column("gate_closes", InstantColumn, nullable=False),
    Column("status", String, nullable=False),
    Column("outcome_id", String, index=True),
    Column("used", Boolean, nullable=False),
    Index("session_progress", "status", "gate_closes"),
    Index("session_start", "starts", "market_type"),
)

session_since = Table(
    "session_since",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("since", InstantColumn, nullable=False),
)
"""When sessions came to their state, where somebody moved them to it; else a gate did."""

session_due = Table(
    "session_due",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("due", InstantColumn, nullable=False),
)
"""When trades have to be final, where the operator ordered another time than the rules have."""

session_event = Table(
    "session_event",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("session_id", String, nullable=False, index=True),
    Column("document", LargeBinary, nullable=False),
)

calendar = Table(
    "calendar",
    metadata,
    Column("id", WholeNumber, primary_key=True),
    Column("planned_until", String, nullable=False),
)

session_pod = Table(
    "session_pod",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("aggregator_id", String, nullable=False),
    Column("pom", String),
)

day_baseline = Table(
    "day_baseline",
    metadata,
    Column("day_start", InstantColumn, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

"""The baselines of a day as the market saw them last."""

moved_baseline = Table(
    "moved_baseline",
    metadata,
    Column("day_start", InstantColumn, primary_key=True),
    Column("pod_id", String, primary_key=True),
)
"""The points of delivery whose baseline of a day changed after the market saw it first."""

counted_baseline = Table(
    "counted_baseline",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)
"""The baselines that count for a session, of the points of delivery that traded in it."""

service = Table(
    "service",
    metadata,
    Column("player_id", String, primary_key=True),
    Column("service_id", String, primary_key=True),
    Column("revision", WholeNumber, primary_key=True),
    Column("session_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("submitted_at", InstantColumn, nullable=False),
    Column("ended_at", InstantColumn),
    Column("content_hash", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("service_session", "session_id", "state"),
)
"""The versions of requests and offers: at most one of each stands."""

offered = Table(
    "offered",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("player_id", String, primary_key=True),
    Column("service_id", String, primary_key=True),
    Column("quarter_hours", LargeBinary, nullable=False),
    Index("offered_by", "player_id", "service_id"),
)
"""The points of delivery that are offered in a session, in which offer, and the quarter-hours: a
bit for each index, the lowest first."""

grid_limits = Table(
    "grid_limits",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("player_id", String, primary_key=True),
    Column("revision", WholeNumber, primary_key=True),
    Column("content_hash", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
)
"""All that DSOs told of a session's limits: of each DSO the last revision counts."""

outcome = Table(
    "outcome",
    metadata,
    Column("id", String, primary_key=True),
    Column("session_id", String, nullable=False, unique=True),
    Column("recording", LargeBinary, nullable=False),
    Column("market", LargeBinary, nullable=False),
    Column("technical", LargeBinary),
    Column("validated", LargeBinary),
)

outcome_part = Table(
    "outcome_part",
    metadata,
    Column("outcome_id", String, primary_key=True),
    Column("number", WholeNumber, primary_key=True),
    Column("first", WholeNumber, nullable=False),
    Column("last", WholeNumber, nullable=False),
    Column("technical", LargeBinary),
)
"""The parts of outcomes that are too long for one message, with the DSO's answers so far."""

line = Table(
    "line",
    metadata,
    Column("line_id", String, primary_key=True),
    Column("outcome_id", String, nullable=False, index=True),
    Column("pod", String, nullable=False),
    Column("starts", InstantColumn, nullable=False),
    Column("traded_at", InstantColumn, nullable=False),
    Column("window_start", InstantColumn, nullable=False),
    Column("window_end", InstantColumn, nullable=False),
    Column("rank", WholeNumber, nullable=False),
    Column("state", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("quantity", LargeBinary),
    Column("metered", LargeBinary),
    Column("payment", LargeBinary),
    Column("settlement_id", String),
    Index("line_due", "state", "window_end"),
    Index("line_window", "window_start", "starts"),
    Index("line_spot", "pod", "starts"),
)

correction = Table(
    "correction",
    metadata,
    Column("line_id", String, primary_key=True),
    Column("of_line", String, nullable=False),
    Column("version", WholeNumber, nullable=False),
    Column("state", String, nullable=False),
    Column("quantity", LargeBinary, nullable=False),
    Column("metered", LargeBinary, nullable=False),
    Column("payment", LargeBinary),
    Column("settlement_id", String, nullable=False),
    Index("correction_of_line", "of_line", "version"),
)
"""Later versions of lines that were paid."""

recheck = Table(
    "recheck",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("outcome_id", String, nullable=False),
    Column("window_start", InstantColumn, nullable=False),
    UniqueConstraint("outcome_id", "window_start"),
    sqlite_autoincrement=True,  # a number is never used again
)
"""Windows of outcomes whose lines are to be held against the readings again; where readings come
anew meanwhile, they have a new number."""

payment = Table(
    "payment",
    metadata,
    Column("settlement_id", String, primary_key=True),
    Column("outcome_id", String, nullable=False, index=True),
    Column("version", WholeNumber, nullable=False),
    Column("window_start", InstantColumn, nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("order_document", LargeBinary),
    Column("metered_days", LargeBinary),
)

settlement = Table(
    "settlement",
    metadata,
    Column("settlement_id", String, primary_key=True),
    Column("outcome_id", String, nullable=False, index=True),
    Column("place", WholeNumber, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

settlement_input = Table(
    "settlement_input",
    metadata,
    Column("settlement_id", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

dispute = Table(
    "dispute",
    metadata,
    Column("id", String, primary_key=True),
    Column("pod_id", String, nullable=False, index=True),
    Column("opened_by", String, nullable=False),
    Column("aggregator_id", String, nullable=False),
    Column("requester_id", String, nullable=False),
    Column("customer_id", String),
    Column("status", String, nullable=False),
    Column("opened_at", InstantColumn, nullable=False),
    Column("opening_hash", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("awaits", String, index=True),
    Index("dispute_opened", "opened_at", "id"),
)

qualification = Table(
    "qualification",
    metadata,
    Column("id", String, primary_key=True),
    Column("player_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("qualification_of", "player_id", "id"),
)
"""The units and groups that service providers had prequalified, with all steps."""

qualified_pod = Table(
    "qualified_pod",
    metadata,
    Column("pod_id", String, primary_key=True),
    Column("qualification_id", String, primary_key=True),
    Column("player_id", String, nullable=False),
)
"""The points of delivery that units and groups are behind."""

topic_message = Table(
    "topic_message",
    metadata,
    Column("topic", String, primary_key=True),
    Column("number", WholeNumber, primary_key=True),
    Column("published_at", InstantColumn, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

kafka_place = place_table(metadata)
"""The last message of each topic that is known to be in Kafka."""

certificate = Table(
    "certificate",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("document", LargeBinary, nullable=False),
    Column("player_id", String),
    Column("service_id", String),
    Column("revision", WholeNumber),
)
"""The records that wait to be certified; one of a request or offer names the version that has its
text."""

webhook = Table(
    "webhook",
    metadata,
    Column("party", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("secret", String, nullable=False),
    Column("failures", WholeNumber, nullable=False),
    Column("answer", String, nullable=False),
    Column("delivered_at", InstantColumn),
)
"""The endpoints that participants are called at."""

webhook_place = Table(
    "webhook_place",
    metadata,
    Column("party", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("number", WholeNumber, nullable=False),
)
"""The last message of each topic that an endpoint is past."""

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("party", String, primary_key=True),
    Column("topic", String, primary_key=True),
    Column("number", WholeNumber, primary_key=True),
    Column("answer", String, nullable=False),
    Column("replayed", Boolean, nullable=False),
)
"""The messages that an endpoint did not take in all tries."""
