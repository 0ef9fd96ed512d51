"""Tokens of partners: for their own parties, for this server, while they are partners."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from platone.bootstrap.partner import add_partner, remove_partner, tell_own
from platone.identity.domain.certificate import authority_certificate
from platone.infra.http.partner import Partners
from platone.infra.http.partner_verifier import PartnerVerifier
from platone.infra.http.security import TokenInvalid, TokenVerifier
from platone.messages.base import Role
from platone.messages.partner import PartnerFile

OWN, DSO, METERING = (f"https://{name}.example:8443" for name in ("market", "dso", "metering"))
KEYS = {url: ECKey.generate_key("P-256", auto_kid=True) for url in (OWN, DSO, METERING)}
PARTIES = {
    OWN: {"MO": [Role.MARKET_OPERATOR]},
    DSO: {"DSO": [Role.SYSTEM_OPERATOR]},
    METERING: {"MDA": [Role.METERED_DATA_ADMINISTRATOR]},
}
CONTEXTS = {OWN: ["market"], DSO: ["dso"], METERING: ["access"]}
_CERTIFICATE = authority_certificate(
    ec.generate_private_key(ec.SECP256R1()), 1, datetime(2026, 1, 1, tzinfo=UTC)
)
AUTHORITY = _CERTIFICATE.public_bytes(Encoding.PEM).decode()


def told(url: str) -> PartnerFile:
    return PartnerFile(
        name=url.removeprefix("https://").partition(".")[0],
        url=url,
        contexts=CONTEXTS[url],
        parties=PARTIES[url],
        keys=[dict(KEYS[url].as_dict(private=False))],
        authority=AUTHORITY,
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    tell_own(tmp_path / "own", told(OWN))
    for url in (DSO, METERING):
        tell_own(tmp_path / "their", told(url))
        add_partner(tmp_path / "own", tmp_path / "their" / "partner.toml")
    return tmp_path / "own"


@pytest.fixture
def verifier(data: Path) -> PartnerVerifier:
    own = TokenVerifier(OWN, lambda: KeySet([KEYS[OWN]]))
    return PartnerVerifier(own, Partners(data / "partners", OWN, ["market"]))


def token(issuer: str, signer: str | None = None, **changes: Any) -> str:
    key, now_s = KEYS[signer or issuer], int(time.time())
    claims = {
        "iss": issuer,
        "sub": "DSO-service",
        "aud": OWN,
        "party": "DSO",
        "roles": ["SystemOperator"],
        "scope": "platone",
        "iat": now_s,
        "exp": now_s + 86_400,  # made as tests are collected, shown as long after as they take
    }
    header = {"alg": "ES256", "kid": key.kid, "typ": "at+jwt"}
    return jwt.encode(header, claims | changes, key, algorithms=["ES256"])


def test_a_partner_speaks_for_its_party(verifier: PartnerVerifier) -> None:
    found = verifier.principal(token(DSO))
    assert (found.party_id, found.roles) == ("DSO", frozenset({Role.SYSTEM_OPERATOR}))


def test_our_own_tokens_count_as_before(verifier: PartnerVerifier) -> None:
    mine = token(OWN, aud="platone", party="MO", roles=["MarketOperator"])
    assert verifier.principal(mine).party_id == "MO"


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (token(DSO, party="MO", roles=["MarketOperator"]), "dso may not speak for MO"),
        (token(METERING), "metering may not speak for DSO"),
        (token(DSO, signer=METERING), "not valid"),
        (token(OWN, signer=DSO, aud="platone", party="MO"), "not valid"),
        (token(DSO, aud=METERING), "not valid"),  # it was made for another, who sends it on
        (token(DSO, aud="platone"), "not valid"),  # as each server's own tokens have it
        (token(OWN), "not valid"),  # it was made by us for a partner at that address
        (token(DSO, exp=int(time.time()) - 1), "not valid"),
        (token("https://stranger.example", signer=DSO), "not valid"),
        (token(DSO)[:-4] + "AAAA", "not valid"),
        ("nonsense", "not valid"),
        ("a.b.c", "not valid"),
    ],
)
def test_what_a_partner_may_not_say(verifier: PartnerVerifier, shown: str, says: str) -> None:
    with pytest.raises(TokenInvalid, match=says):
        verifier.principal(shown)


def test_a_role_that_the_file_does_not_give_is_none(verifier: PartnerVerifier) -> None:
    wide = token(DSO, roles=["SystemOperator", "MarketOperator"])
    assert verifier.principal(wide).roles == {Role.SYSTEM_OPERATOR}


def test_a_partner_that_is_removed_is_a_stranger_at_once(
    data: Path, verifier: PartnerVerifier
) -> None:
    shown = token(DSO)
    assert verifier.principal(shown).party_id == "DSO"
    remove_partner(data, "dso")
    with pytest.raises(TokenInvalid, match="not valid"):
        verifier.principal(shown)
