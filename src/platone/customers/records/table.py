"""Tables of the Shared Customer Database.

Starts of intervals are whole seconds since 1970, UTC, and times of receipt whole microseconds:
integers compare and sort as they are in every database, no zone can be lost, and a row becomes
a message without parsing text. Records that are only ever read whole are kept as JSON.
"""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from platone.infra.kafka.queue import place_table
from platone.infra.migration import REVISIONS
from platone.infra.outbox import Outbox
from platone.infra.whole import POSTGRESQL, WholeNumber

metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})
outbox = Outbox(metadata)

pod = Table(
    "pod",
    metadata,
    Column("pod_id", String, primary_key=True),
    Column("aggregator_id", String, nullable=False, index=True),
    Column("customer_id", String, index=True),
    Column("po_m_id", String, index=True),
    Column("record", LargeBinary, nullable=False),
    Column("version", WholeNumber, nullable=False),
    Column("activation_hash", String, nullable=False),
    Column("owned_from_s", BigInteger, nullable=False),
    Column("ended_s", BigInteger),
)

pod_version = Table(
    "pod_version",
    metadata,
    Column("pod_id", ForeignKey("pod.pod_id"), primary_key=True),
    Column("version", WholeNumber, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("received_us", BigInteger, nullable=False),
)

baseline = Table(
    "baseline",
    metadata,
    Column("id", WholeNumber, primary_key=True, autoincrement=True),
    Column("pod_id", String, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("end_s", BigInteger, nullable=False),
    Column("power_kw", LargeBinary, nullable=False),
    Column("is_superseded", Boolean, nullable=False),
    Column("received_from", String, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Index("baseline_of_pod", "pod_id", "is_superseded", "start_s"),
    Index("baseline_in_time", "is_superseded", "start_s"),
)

measurement_pod = Table(
    "measurement_pod",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("pod_id", String, nullable=False),
    UniqueConstraint("pod_id"),
)
"""The numbers by which readings name points of delivery."""

measurement_device = Table(
    "measurement_device",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("pod", Integer, nullable=False),
    Column("address", String, nullable=False),
    UniqueConstraint("pod", "address"),
)
"""The numbers by which messages name devices, at each point of delivery another."""

measurement_message = Table(
    "measurement_message",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Column("device", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("quality", SmallInteger, nullable=False),
    Column("certification_hash", LargeBinary, nullable=False),
    Column("certification_id", String, nullable=False),
    Column("meter_id", String),
    postgresql_partition_by="RANGE (number)",
)
"""The messages of readings, of each point of delivery and month, with all that the readings share.
The numbers of a month lie together."""

measurement = Table(
    "measurement",
    metadata,
    Column("start_s", BigInteger, primary_key=True),
    Column("energy_wh", BigInteger, nullable=False),
    Column("message", BigInteger, nullable=False),
    Column("pod", Integer, primary_key=True),
    Column("duration_minutes", SmallInteger, primary_key=True),
    Column("version", SmallInteger, primary_key=True),
    Column("is_superseded", Boolean, nullable=False),
    Column("reactive_energy_varh", BigInteger),
    PrimaryKeyConstraint("pod", "start_s", "duration_minutes", "version"),
    Index("measurement_in_time", "start_s").ddl_if(dialect=POSTGRESQL),
    sqlite_with_rowid=False,  # rows lie in the order in which they are read
    postgresql_partition_by="RANGE (start_s)",
)
"""Readings: some 30 bytes each. On PostgreSQL they and their messages have a table of each month,
which is made when the first reading of it comes, and no padding between columns."""

setpoint = Table(
    "setpoint",
    metadata,
    Column("setpoint_id", String, primary_key=True),
    Column("pod_id", String, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("duration_minutes", WholeNumber, nullable=False),
    Column("power_kw", Float),
    Column("power_kvar", Float),
    Column("market_outcome", String, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    Index("setpoint_of_pod", "pod_id", "start_s"),
    Index("setpoint_in_time", "start_s"),
)

outcome = Table(
    "outcome",
    metadata,
    Column("market_outcome", String, primary_key=True),
    Column("start_s", BigInteger, nullable=False, index=True),
    Column("content_hash", String, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Column("received_us", BigInteger, nullable=False),
)

outcome_pod = Table(
    "outcome_pod",
    metadata,
    Column("market_outcome", ForeignKey("outcome.market_outcome"), primary_key=True),
    Column("pod_id", String, primary_key=True, index=True),
)

moved_gate = Table(
    "moved_gate",
    metadata,
    Column("market_type", String, primary_key=True),
    Column("start_us", BigInteger, primary_key=True),
    Column("closes_us", BigInteger, nullable=False),
    Column("decided_us", BigInteger, nullable=False),
)
"""Gates of sessions that the market moved; all others are the calendar's."""

erasure = Table(
    "erasure",
    metadata,
    Column("id", String, primary_key=True),
    Column("customer_id", String),
    Column("pod_ids", LargeBinary),
    Column("requested_us", BigInteger, nullable=False),
    Column("done_us", BigInteger),
)

erasure_part = Table(
    "erasure_part",
    metadata,
    Column("erasure_id", ForeignKey("erasure.id"), primary_key=True),
    Column("context", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("reason", String),
    Column("until_us", BigInteger),
)

notice_endpoint = Table(
    "notice_endpoint",
    metadata,
    Column("endpoint_id", String, primary_key=True),
    Column("customer_id", String, nullable=False, index=True),
    Column("endpoint", String, nullable=False),
    Column("p256dh", String, nullable=False),
    Column("auth", String, nullable=False),
    Column("language", String, nullable=False),
    Column("made_us", BigInteger, nullable=False),
)
"""Browsers of customers that are told by web push."""

notice = Table(
    "notice",
    metadata,
    Column("id", WholeNumber, primary_key=True, autoincrement=True),
    Column("endpoint_id", ForeignKey("notice_endpoint.endpoint_id"), nullable=False, index=True),
    Column("pod_id", String, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("tries", WholeNumber, nullable=False),
    Column("made_us", BigInteger, nullable=False),
)
"""Notices that wait for a browser."""

measurement_mark = Table(
    "measurement_mark",
    metadata,
    Column("topic", String, primary_key=True),
    Column("number", WholeNumber, primary_key=True),
    Column("pod_id", String, nullable=False, index=True),
    Column("start_s", BigInteger, nullable=False),
    Column("duration_minutes", WholeNumber, nullable=False),
    Column("version", WholeNumber, nullable=False),
    Column("marked_us", BigInteger, nullable=False),
)
"""Readings that wait to be published to Kafka, for each of their topics."""

kafka_place = place_table(metadata)
"""The last mark of each topic that is known to be in Kafka."""
