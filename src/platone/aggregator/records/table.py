"""Tables of the aggregator platform."""

from pathlib import Path

from sqlalchemy import Boolean, Column, Index, LargeBinary, MetaData, String, Table

from platone.infra.migration import REVISIONS
from platone.infra.outbox import Outbox
from platone.infra.whole import WholeNumber

metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})
outbox = Outbox(metadata)

portfolio = Table(
    "portfolio",
    metadata,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("customer_id", String, index=True),
)

progress = Table(
    "progress",
    metadata,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("problem", LargeBinary),
)

baseline = Table(
    "baseline",
    metadata,
    Column("party", String, primary_key=True),
    Column("start_time", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

offer = Table(
    "offer",
    metadata,
    Column("party", String, primary_key=True),
    Column("player_service_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("result", LargeBinary, nullable=False),
)

outcome = Table(
    "outcome",
    metadata,
    Column("party", String, primary_key=True),
    Column("market_outcome", String, primary_key=True),
    Column("market_type", String, nullable=False),
    Column("start_time", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sells", Boolean),
    Index("outcome_by_start", "party", "start_time"),
    Index("outcome_by_sale", "party", "sells", "start_time"),
)

settlement = Table(
    "settlement",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("party", String, nullable=False),
    Column("settlement_id", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("settlement_by_party", "party", "settlement_id"),
)

asset = Table(
    "asset",
    metadata,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("asset_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

day_preference = Table(
    "day_preference",
    metadata,
    Column("pod_id", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("too_late", LargeBinary, nullable=True),
)

plan = Table(
    "plan",
    metadata,
    Column("party", String, primary_key=True),
    Column("market_type", String, primary_key=True),
    Column("start_time", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

forecast = Table(
    "forecast",
    metadata,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

feed = Table(
    "feed",
    metadata,
    Column("topic", String, primary_key=True),
    Column("read_to", WholeNumber, nullable=False),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("topic", String, primary_key=True),
    Column("place", WholeNumber, primary_key=True),
    Column("problem", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

alarm = Table(
    "alarm",
    metadata,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("start_time", String, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Index("alarm_in_time", "start_time"),
)
