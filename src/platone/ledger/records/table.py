"""The tables of the ledger."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

contract = Table(
    "contract",
    metadata,
    Column("name", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("code_hash", String, nullable=False),
)

tree = Table(
    "tree",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("root", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("transaction_hash", LargeBinary, index=True),
)

record = Table(
    "record",
    metadata,
    Column("id", String, primary_key=True),
    Column("tree_id", ForeignKey(tree.c.id), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("owner", String, primary_key=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("content", Text),
    Column("salt", LargeBinary),
    Column("created_at", DateTime, nullable=False),
    Index("record_place", "tree_id", "position", unique=True),
)

wallet = Table(
    "wallet",
    metadata,
    Column("pod", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("aggregator_id", String, nullable=False),
    Column("customer_id", String),
)

agreement = Table(
    "agreement",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("pod", String, nullable=False),
    Column("aggregator_id", String, nullable=False),
    Column("customer_share_ppm", Integer, nullable=False),
    Column("penalty_price", Integer, nullable=False),
    Column("least_delivery_ppm", Integer, nullable=False),
    Column("full_delivery_ppm", Integer, nullable=False),
    Column("wallet", String, nullable=False),
    Column("account", String, nullable=False),
    Column("transaction_hash", LargeBinary),
    Column("ended", Boolean, nullable=False),
    Index("agreement_parties", "aggregator_id", "pod"),
)

settlement = Table(
    "settlement",
    metadata,
    Column("id", String, primary_key=True),
    Column("content_hash", String, nullable=False),
    Column("created_at", DateTime, nullable=False),
)

line = Table(
    "line",
    metadata,
    Column("settlement_id", ForeignKey(settlement.c.id), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("line_id", String, nullable=False, index=True),
    Column("corrects", String, index=True),
    Column("content", LargeBinary, nullable=False),
    Column("settled", LargeBinary),
    Column("salt", LargeBinary, nullable=False),
    Column("agreement_id", LargeBinary),
    Column("number", Integer),
    Column("leaf", LargeBinary),
    Column("paid", LargeBinary),
    Column("refused", Boolean, nullable=False),
    Column("transaction_hash", LargeBinary, index=True),
    Index("line_number", "agreement_id", "number"),
)

erased = Table("erased", metadata, Column("name", String, primary_key=True))
"""Keyed names of settlement lines that were erased: their proofs say so."""
