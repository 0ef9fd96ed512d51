"""Tokens of a provider are believed by issuer, audience, end, key and algorithm; others are not."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from platone.infra.http.provider import Provider, ProviderRules
from platone.infra.http.provider_verifier import ProviderVerifier
from platone.infra.http.remote_issuer import IssuerUnknown
from platone.infra.http.security import TokenInvalid
from platone.messages.base import Role
from platone.messages.provider import ProviderMetadata

ISSUER = "https://login.example/realms/pilot"
RULES = ProviderRules(
    issuer=ISSUER,
    client_id="pages",
    client_secret="secret",
    party_claim="party",
    roles_claim="realm_access.roles",
    roles={"operator": Role.MARKET_OPERATOR, "grid": Role.SYSTEM_OPERATOR},
    parties=frozenset({"MO", "DSO"}),
)
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "first"})
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})
NEXT = RSAKey.generate_key(2048, {"kid": "next", "use": "sig"})


@pytest.fixture
def verifier() -> ProviderVerifier:
    provider = Provider(RULES)
    provider._keys = {
        "first": RSAKey.import_key(KEY.as_dict(private=False)),
        "curve": ECKey.import_key(CURVE.as_dict(private=False)),
    }
    provider._read_s = time.monotonic()
    return ProviderVerifier(provider)


def claims(**changed: Any) -> dict[str, Any]:
    """A right token's claims but for what is changed; a span is counted from now."""
    now = int(time.time())
    told = {
        "iss": ISSUER,
        "aud": ["platone", "account"],
        "sub": "a-user",
        "iat": now,
        "exp": now + 60,
        "party": "MO",
        "realm_access": {"roles": ["operator", "gardener"]},
    }
    return {
        name: now + int(each.total_seconds()) if isinstance(each, timedelta) else each
        for name, each in (told | changed).items()
        if each is not None
    }


def signed(
    told: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", kid: str = "first"
) -> str:
    header = {"alg": algorithm, "kid": kid, "typ": "JWT"}
    return jwt.encode(header, told, key, algorithms=[algorithm])


def by_hand(header: dict[str, Any], told: dict[str, Any], secret: bytes | None) -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (header, told)
    ]
    text = b".".join(parts)
    mac = hmac.new(secret, text, hashlib.sha256).digest() if secret is not None else b""
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


@pytest.mark.parametrize(("key", "algorithm"), [(KEY, "RS256"), (KEY, "PS256"), (CURVE, "ES256")])
def test_a_token_speaks_for_its_party_with_the_roles_that_are_known(
    verifier: ProviderVerifier, key: Any, algorithm: str
) -> None:
    token = signed(claims(), key, algorithm, str(key.kid))
    assert verifier.is_its(token)
    caller = verifier.principal(token)
    assert (caller.party_id, caller.client_id) == ("MO", "provider:a-user")
    assert caller.roles == {Role.MARKET_OPERATOR}


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "pages"},  # an ID token is no access token
        {"aud": ["account"]},
        {"aud": None},
        {"exp": timedelta(seconds=-100)},
        {"exp": None},
        {"nbf": timedelta(seconds=600)},
        {"iat": timedelta(seconds=600)},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"party": None},
        {"party": ""},
        {"party": ["MO"]},
        {"party": "STRANGER"},
        {"realm_access": None},
        {"realm_access": {"roles": "operator"}},
        {"realm_access": {"roles": ["operator", 5]}},
    ],
)
def test_a_token_of_another_issuer_audience_time_or_party_is_refused(
    verifier: ProviderVerifier, changed: dict[str, Any]
) -> None:
    with pytest.raises(TokenInvalid):
        verifier.principal(signed(claims(**changed)))


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("anna", "provider:anna"),
        ("x" * 300, "provider:" + "x" * 200),
        (None, ""),
        ("", ""),
        (5, ""),
    ],
)
def test_a_person_is_named_by_the_claim_of_the_rules(told: object, name: str) -> None:
    provider = Provider(replace(RULES, name_claim="preferred_username"))
    provider._keys = {"first": RSAKey.import_key(KEY.as_dict(private=False))}
    provider._read_s = time.monotonic()
    token = signed(claims(preferred_username=told))
    if name:
        assert ProviderVerifier(provider).principal(token).client_id == name
        return
    with pytest.raises(TokenInvalid, match="names nobody in preferred_username"):
        ProviderVerifier(provider).principal(token)


async def test_a_key_that_is_not_known_yet_is_looked_for_and_seldom(
    verifier: ProviderVerifier,
) -> None:
    provider, asked = verifier.provider, list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"keys": [NEXT.as_dict(private=False)]})

    provider._http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    ends = {"authorization_endpoint": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t"}
    provider._metadata = ProviderMetadata(issuer=ISSUER, jwks_uri=f"{ISSUER}/keys", **ends)
    known, foreign = signed(claims()), signed(claims(iss="https://evil.example"), NEXT, kid="next")
    for token in (known, foreign, "", "a.b.c"):
        await verifier.make_ready(token)
    assert asked == []
    token = signed(claims(), NEXT, kid="next")
    await verifier.make_ready(token)
    assert asked == [f"{ISSUER}/keys"]
    assert verifier.principal(token).party_id == "MO"
    await verifier.make_ready(signed(claims(), NEXT, kid="another"))
    assert len(asked) == 1  # so soon, nobody is asked again
    await provider.close()


def test_a_token_whose_roles_are_unknown_has_none(verifier: ProviderVerifier) -> None:
    token = signed(claims(realm_access={"roles": ["gardener"]}))
    assert verifier.principal(token).roles == frozenset()


def test_a_token_that_is_signed_by_nobody_or_by_what_all_know_is_refused(
    verifier: ProviderVerifier,
) -> None:
    public = KEY.as_pem(private=False)
    forged = [
        by_hand({"alg": "none", "kid": "first"}, claims(), None),
        by_hand({"alg": "None", "kid": "first"}, claims(), None),
        by_hand({"alg": "HS256", "kid": "first"}, claims(), public),
        by_hand({"alg": "HS256", "kid": "first"}, claims(), b""),
        by_hand({"alg": "RS256", "kid": "first"}, claims(), public),
        by_hand({"kid": "first"}, claims(), None),
        signed(claims(), OTHER),
        signed(claims(), CURVE, "ES256", "first"),  # the key of another kind
        signed(claims(), KEY, "RS256", "unknown"),
        signed(claims())[:-6] + "AAAAAA",
        "a.b.c",
        "",
    ]
    for token in forged:
        with pytest.raises(TokenInvalid):
            verifier.principal(token)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA", None])
def test_an_algorithm_that_is_not_taken_is_the_reason(
    verifier: ProviderVerifier, algorithm: str | None
) -> None:
    header = {"alg": algorithm, "kid": "first"} if algorithm else {"kid": "first"}
    with pytest.raises(TokenInvalid, match="by no algorithm that is taken here"):
        verifier.principal(by_hand(header, claims(), b"secret"))
    with pytest.raises(TokenInvalid, match="key is not known of this provider"):
        verifier.principal(signed(claims(), KEY, "RS256", "unknown"))


def test_a_token_that_is_longer_than_a_header_may_be_is_none(verifier: ProviderVerifier) -> None:
    short, long = signed(claims(more="x" * 11_000)), signed(claims(more="x" * 13_000))
    assert len(short) < 16 * 1024 < len(long)  # three bytes are four characters
    assert (verifier.is_its(short), verifier.is_its(long)) == (True, False)
    assert verifier.principal(short).party_id == "MO"
    with pytest.raises(TokenInvalid):
        verifier.principal(long)


def test_keys_that_were_not_read_for_an_hour_let_nobody_in(verifier: ProviderVerifier) -> None:
    verifier.provider._read_s -= 3601
    with pytest.raises(IssuerUnknown):
        verifier.principal(signed(claims()))


def id_claims(access_token: str, **changed: Any) -> dict[str, Any]:
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    told = {"aud": "pages", "nonce": "a-nonce"}
    told["at_hash"] = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    return claims(**(told | changed))


@pytest.mark.parametrize(
    ("changed", "nonce"),
    [
        ({}, "another"),
        ({"nonce": None}, "a-nonce"),
        ({"aud": "platone"}, "a-nonce"),
        ({"aud": ["pages", "other"]}, "a-nonce"),  # for whom of both?
        ({"aud": ["pages", "other"], "azp": "other"}, "a-nonce"),
        ({"azp": "other"}, "a-nonce"),
        ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "a-nonce"),
        ({"exp": timedelta(seconds=-100)}, "a-nonce"),
        ({"iss": "https://evil.example"}, "a-nonce"),
    ],
)
def test_an_id_token_of_another_sign_in_client_or_access_token_is_refused(
    verifier: ProviderVerifier, changed: dict[str, Any], nonce: str
) -> None:
    access = signed(claims())
    good = signed(id_claims(access))
    assert verifier.check_sign_in(good, access, "a-nonce")["sub"] == "a-user"
    with pytest.raises(TokenInvalid):
        verifier.check_sign_in(signed(id_claims(access, **changed)), access, nonce)
