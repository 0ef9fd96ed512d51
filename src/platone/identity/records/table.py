"""Tables of identity. Times are whole seconds since 1970, UTC: they sort and compare so."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String, Table

metadata = MetaData()

party = Table("party", metadata, Column("party_id", String, primary_key=True))

party_role = Table(
    "party_role",
    metadata,
    Column("party_id", ForeignKey("party.party_id"), primary_key=True),
    Column("role", String, primary_key=True),
)

client = Table(
    "client",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("party_id", ForeignKey("party.party_id"), nullable=False),
    Column("secret_hash", String, nullable=False),
    Column("created_s", BigInteger, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("serial", String, primary_key=True),
    Column("common_name", String, nullable=False, index=True),
    Column("usage", String, nullable=False),
    Column("not_before_s", BigInteger, nullable=False),
    Column("not_after_s", BigInteger, nullable=False),
    Column("requested_by", String, nullable=False),
    Column("issued_s", BigInteger, nullable=False),
)

access = Table(
    "access",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at_s", BigInteger, nullable=False, index=True),
    Column("party_id", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("audit_case", String, nullable=False, index=True),
    Column("call", String, nullable=False),
)
