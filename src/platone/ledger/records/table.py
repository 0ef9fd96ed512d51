"""The tables of the ledger."""

from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from platone.infra.migration import REVISIONS
from platone.infra.packed import PackedText
from platone.infra.whole import WholeNumber
from platone.ledger.records.book_guard import guard, number_documents

metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})

contract = Table(
    "contract",
    metadata,
    Column("name", String, primary_key=True),
    Column("address", String, nullable=False),
    Column("code_hash", String, nullable=False),
)

network = Table(
    "network",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_block", BigInteger, nullable=False),
)
"""The network that the contracts are on; none where the chain is embedded."""

tree = Table(
    "tree",
    metadata,
    Column("id", WholeNumber, primary_key=True, autoincrement=True),
    Column("root", LargeBinary, nullable=False),
    Column("kind", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("size", WholeNumber, nullable=False),
    Column("transaction_hash", LargeBinary, index=True),
)

chain_transaction = Table(
    "chain_transaction",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("sender", String, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("version", WholeNumber, nullable=False),
    Column("intent", LargeBinary, nullable=False, index=True),
    Column("target", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("fee", BigInteger, nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("sent_s", BigInteger, nullable=False),
    Column("replaced_by", LargeBinary),
    Column("block_number", BigInteger),
    Column("block_hash", LargeBinary),
    Index("chain_transaction_place", "sender", "nonce", "version", unique=True),
)
"""Transactions that were signed for a network: a row a version."""

record = Table(
    "record",
    metadata,
    Column("id", String, primary_key=True),
    Column("tree_id", ForeignKey(tree.c.id), nullable=False),
    Column("position", WholeNumber, nullable=False),
    Column("kind", String, nullable=False),
    Column("owner", String, primary_key=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("content", PackedText),
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
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("tag", LargeBinary, nullable=False),
    Column("pod", String, nullable=False),
    Column("aggregator_id", String, nullable=False),
    Column("customer_share_ppm", WholeNumber, nullable=False),
    Column("penalty_price", WholeNumber, nullable=False),
    Column("least_delivery_ppm", WholeNumber, nullable=False),
    Column("full_delivery_ppm", WholeNumber, nullable=False),
    Column("wallet", String, nullable=False),
    Column("account", String, nullable=False),
    Column("transaction_hash", LargeBinary),
    Column("since_s", BigInteger, nullable=False),
    Column("ended_s", BigInteger),
    Index("agreement_parties", "aggregator_id", "pod"),
    Index("agreement_pod", "pod"),
)

proposal = Table(
    "proposal",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("pod", String, nullable=False, index=True),
    Column("aggregator_id", String, nullable=False),
    Column("customer_share_ppm", WholeNumber, nullable=False),
    Column("penalty_price", WholeNumber, nullable=False),
    Column("least_delivery_ppm", WholeNumber, nullable=False),
    Column("full_delivery_ppm", WholeNumber, nullable=False),
    Column("state", String, nullable=False),
    Column("proposed_s", BigInteger, nullable=False),
    Column("agreement_id", LargeBinary),
)
"""Terms that an aggregator proposed to a customer; accepted without an agreement: being made."""

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
    Column("position", WholeNumber, primary_key=True),
    Column("line_id", String, nullable=False, index=True),
    Column("corrects", String, index=True),
    Column("content", LargeBinary, nullable=False),
    Column("settled", LargeBinary),
    Column("salt", LargeBinary, nullable=False),
    Column("agreement_id", LargeBinary),
    Column("number", WholeNumber),
    Column("leaf", LargeBinary),
    Column("paid", LargeBinary),
    Column("refused", Boolean, nullable=False),
    Column("transaction_hash", LargeBinary, index=True),
    Index("line_number", "agreement_id", "number"),
)

erased = Table("erased", metadata, Column("name", String, primary_key=True))
"""Keyed names of settlement lines that were erased: their proofs say so."""

account = Table(
    "account",
    metadata,
    Column("id", WholeNumber, primary_key=True, autoincrement=True),
    Column("role", String, nullable=False),
    Column("party", String, nullable=False),
    Column("pod", String, nullable=False),
    Index("account_name", "role", "party", "pod", unique=True),
)
"""Accounts of the books: of requesters, aggregators, customers' points of delivery, the bank."""

LEGS = ("first", "second", "third")
"""The legs of an entry: as many as a settled line has."""
_PICO = 10**12
"""1e-18 EUR in a millionth of a euro: amounts are kept as whole millionths and the rest, so that
they fit the database's integers of 64 bits, and add up exactly."""
_RESTS = "(first_rest + second_rest + third_rest)"
_IS_ZERO = (
    f"first_micro + second_micro + third_micro + {_RESTS} / {_PICO} = 0 AND {_RESTS} % {_PICO} = 0"
)
_ARE_RESTS = " AND ".join(f"{leg}_rest >= 0 AND {leg}_rest < {_PICO}" for leg in LEGS)

book_entry = Table(
    "book_entry",
    metadata,
    Column("id", WholeNumber, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("settlement_id", String),
    Column("position", WholeNumber),
    Column("agreement_id", LargeBinary),
    Column("number", WholeNumber),
    Column("transaction_hash", LargeBinary),
    Column("month", String(7), nullable=False),
    Column("posted_at", DateTime, nullable=False),
    *(
        column
        for leg in LEGS
        for column in (
            Column(f"{leg}_account", ForeignKey(account.c.id), nullable=leg == "third", index=True),
            Column(f"{leg}_micro", BigInteger, nullable=False),
            Column(f"{leg}_rest", BigInteger, nullable=False),
        )
    ),
    CheckConstraint(_IS_ZERO, name="entry_sums_to_zero"),
    CheckConstraint(_ARE_RESTS, name="rests_are_rests"),
    Index("entry_reference", "kind", "reference", unique=True),
    Index("entry_line", "settlement_id", "position", unique=True),
    Index("entry_agreement", "agreement_id"),
)
"""Entries of the books. Each has all its legs in one row, whose sum the database checks."""

document = Table(
    "document",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("role", String, nullable=False),
    Column("party", String, nullable=False),
    Column("month", String(7), nullable=False),
    Column("issued_at", DateTime, nullable=False),
    Column("corrects", WholeNumber),
    Column("micro", BigInteger, nullable=False),
    Column("rest", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("line_count", WholeNumber, nullable=False),
    Column("digest", String, nullable=False),
    Index("document_party", "role", "party", "month"),
    Index("document_of", "party", "number"),
)
"""Invoices and credit notes."""

document_line = Table(
    "document_line",
    metadata,
    Column("entry_id", ForeignKey(book_entry.c.id), primary_key=True),
    Column("account_id", ForeignKey(account.c.id), primary_key=True),
    Column("number", ForeignKey(document.c.number), nullable=False, index=True),
)
"""The legs that were billed: each once."""

guard(book_entry, may_change=("reference",))
guard(document, may_change=("party",))
guard(document_line)
number_documents(document)
