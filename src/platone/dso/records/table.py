"""Tables of the DSO platform."""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from platone.infra.kafka.queue import place_table
from platone.infra.migration import REVISIONS
from platone.infra.outbox import Outbox
from platone.infra.whole import WholeNumber

metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})
outbox = Outbox(metadata)

networks = Table(
    "networks",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("stored_at", String, nullable=False),
    UniqueConstraint("id", "version"),
)

network_clocks = Table(
    "network_clocks",
    metadata,
    Column("id", String, primary_key=True),
    Column("version", String, primary_key=True),
    Column("clocks", String, nullable=False),
)
"""The choice of whether clocks of transformers turn angles, as it was set with a network."""

runs = Table(
    "runs",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("day", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("alarms", LargeBinary, nullable=False),
    Column("made_at", String, nullable=False),
    Column("network_id", String),
    Column("network_version", String),
    Index("runs_latest", "stage", "day", "number"),
    Index("runs_by_day", "day", "network_id"),
)
"""The alarms of calculations, by day and stage the latest; those of before there was a column for
the network name none."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("market_outcome", String, nullable=False, unique=True),
    Column("day", String, nullable=False, index=True),
    Column("content_hash", String, nullable=False),
    Column("technical", LargeBinary, nullable=False),
    Column("answered_at", String, nullable=False),
)

final_outcomes = Table(
    "final_outcomes",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("market_outcome", String, nullable=False, unique=True),
    Column("day", String, nullable=False, index=True),
    Column("content_hash", String, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("received_at", String, nullable=False),
)

setpoints = Table(
    "setpoints",
    metadata,
    Column("setpoint_id", String, primary_key=True),
    Column("aggregator_id", String, nullable=False, index=True),
    Column("pod_id", String, nullable=False),
    Column("start_s", WholeNumber, nullable=False),
    Column("end_s", WholeNumber, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("device", String),
    Column("detail", String),
    Column("acknowledged_at", String),
    Index("setpoints_waiting", "state", "start_s"),
)

alignments = Table(
    "alignments",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("network_id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("last_sequence", WholeNumber, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("opened_at", String, nullable=False),
)

network_states = Table(
    "network_states",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("network_id", String, nullable=False),
    Column("version", String, nullable=False),
    Column("element", String, nullable=False),
    Column("aspect", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("at", String, nullable=False),
    UniqueConstraint("network_id", "version", "element", "aspect"),
)

profile_sets = Table(
    "profile_sets",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("content", LargeBinary, nullable=False),
)

consumer_profiles = Table(
    "profiled_consumers",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("set_number", WholeNumber, nullable=False, index=True),
)

profile_curves = Table(
    "profile_curves",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("set_number", WholeNumber, primary_key=True),
    Column("month", WholeNumber, primary_key=True),
    Column("kind", WholeNumber, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Index("profile_curves_of_set", "set_number", "consumer"),
)

phasors = Table(
    "phasors",
    metadata,
    Column("device", String, primary_key=True),
    Column("component", String, primary_key=True),
    Column("taken_us", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Index("phasors_of_device", "device", "taken_us"),
    Index("phasors_by_time", "taken_us"),
)

phasor_devices = Table(
    "phasor_devices",
    metadata,
    Column("device", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

estimations = Table(
    "estimations",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("content", LargeBinary, nullable=False),
    Column("made_at", String, nullable=False),
)

telemetry = Table(
    "telemetry",
    metadata,
    Column("id", String, primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Index("telemetry_by_time", "at_us"),
)

databus_message = Table(
    "databus_message",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("topic", String, nullable=False),
    Column("source", String, nullable=False),
    Column("place", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("databus_message_topic", "topic", "number"),
    UniqueConstraint("topic", "source"),
)
"""Messages on their way to the databus in Kafka, and of those that are there the newest, empty:
what comes again is known by its source."""
kafka_place = place_table(metadata)
