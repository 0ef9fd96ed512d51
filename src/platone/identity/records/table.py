"""Tables of identity. Times are whole seconds since 1970, UTC: they sort and compare so."""

from pathlib import Path

from sqlalchemy import BigInteger, Column, ForeignKey, LargeBinary, MetaData, String, Table

from platone.infra.migration import REVISIONS
from platone.infra.whole import WholeNumber

metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})

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
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("at_s", BigInteger, nullable=False, index=True),
    Column("party_id", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("audit_case", String, nullable=False, index=True),
    Column("call", String, nullable=False),
)

person = Table(
    "person",
    metadata,
    Column("name", String, primary_key=True),
    Column("party_id", ForeignKey("party.party_id"), nullable=False, index=True),
    Column("password_hash", String, nullable=False),
    Column("second_factor", String, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("created_s", BigInteger, nullable=False),
)

person_role = Table(
    "person_role",
    metadata,
    Column("name", ForeignKey("person.name"), primary_key=True),
    Column("role", String, primary_key=True),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", ForeignKey("person.name"), nullable=False, index=True),
    Column("client_id", String, nullable=False),
    Column("refresh_hash", String, nullable=False, unique=True),
    Column("began_s", BigInteger, nullable=False),
    Column("used_s", BigInteger, nullable=False),
    Column("ends_s", BigInteger, nullable=False, index=True),
    Column("agent", String, nullable=False),
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", ForeignKey("person.name"), nullable=False, index=True),
    Column("handle", String, nullable=False),
    Column("credential", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("agent", String, nullable=False),
    Column("made_s", BigInteger, nullable=False),
    Column("used_s", BigInteger, nullable=False),
)

passkey_offer = Table(
    "passkey_offer",
    metadata,
    Column("name", ForeignKey("person.name"), primary_key=True),
)
"""The people to whom a passkey, or a second factor, was offered once."""

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("name", ForeignKey("person.name"), primary_key=True),
    Column("code_hash", String, primary_key=True),
)
"""The recovery codes that were not used yet, each as its SHA-256."""

KNOWN_OF_PERSON = (sign_in, passkey, passkey_offer, recovery_code, person_role)
"""The tables that tell of a person by its name, and are cleared where it is removed."""

invitation = Table(
    "invitation",
    metadata,
    Column("id", String, primary_key=True),
    Column("token_hash", String, nullable=False, unique=True),
    Column("party_id", ForeignKey("party.party_id"), nullable=False),
    Column("roles", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("ends_s", BigInteger, nullable=False, index=True),
)
"""Invitations that were not used; ``roles`` are names with spaces between."""

change = Table(
    "change",
    metadata,
    Column("number", WholeNumber, primary_key=True, autoincrement=True),
    Column("at_s", BigInteger, nullable=False, index=True),
    Column("party_id", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("kind", String, nullable=False, index=True),
    Column("subject", String, nullable=False),
    Column("before", String, nullable=False),
    Column("after", String, nullable=False),
)
"""The log of changes; ``before`` and ``after`` are JSON objects from names to texts."""
