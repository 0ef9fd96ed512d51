"""The aggregator's tables."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, String, Table

from platone.infra.outbox import Outbox

METADATA = MetaData()
OUTBOX = Outbox(METADATA)

PORTFOLIO = Table(
    "portfolio",
    METADATA,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

PROGRESS = Table(
    "progress",
    METADATA,
    Column("party", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("step", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("problem", LargeBinary),
)

BASELINE = Table(
    "baseline",
    METADATA,
    Column("party", String, primary_key=True),
    Column("start_time", String, primary_key=True),
    Column("pod_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

OFFER = Table(
    "offer",
    METADATA,
    Column("party", String, primary_key=True),
    Column("player_service_id", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("result", LargeBinary, nullable=False),
)

OUTCOME = Table(
    "outcome",
    METADATA,
    Column("party", String, primary_key=True),
    Column("market_outcome", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

SETTLEMENT = Table(
    "settlement",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("party", String, nullable=False),
    Column("settlement_id", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("settlement_by_party", "party", "settlement_id"),
)
