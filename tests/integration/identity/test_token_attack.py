"""Tokens that must not be believed, at a route that needs one."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from platone.identity.context import Identity

ROUTE = "/api/identity/certificates"


def _claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": "https://127.0.0.1:8443",
        "sub": "MDA",
        "aud": "platone",
        "party": "MDA",
        "roles": ["MeteredDataAdministrator"],
        "scope": "platone",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
    }
    return {name: value for name, value in (claims | changed).items() if value is not None}


def _key(folder: Path) -> ECKey:
    return ECKey.import_key(json.loads((folder / "identity" / "token-key.json").read_text()))


def _signed(key: ECKey, claims: dict[str, Any], **header: str) -> str:
    return jwt.encode(
        {"alg": "ES256", "kid": key.kid or "x", "typ": "at+jwt"} | header, claims, key
    )


async def _status(http: httpx.AsyncClient, token: str, body: str = "{}") -> tuple[int, str]:
    answer = await http.post(ROUTE, content=body, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()["type"]


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_a_right_token_gets_as_far_as_the_body(http: httpx.AsyncClient, folder: Path) -> None:
    answer = await _status(http, _signed(_key(folder), _claims()))
    assert answer == (422, "/problems/malformed-message")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bear", "Bearers", "Bearer=", ""])
async def test_a_right_token_under_another_scheme_is_none(
    http: httpx.AsyncClient, folder: Path, scheme: str
) -> None:
    token = _signed(_key(folder), _claims())
    for header in (f"{scheme} {token}", f"{scheme} ", scheme):
        answer = await http.post(ROUTE, content="{}", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-missing")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
async def test_the_scheme_is_known_in_any_case(
    http: httpx.AsyncClient, folder: Path, scheme: str
) -> None:
    header = f"{scheme} {_signed(_key(folder), _claims())}"
    answer = await http.post(ROUTE, content="{}", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed-message")


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"nbf": int(time.time()) + 86_400},  # runs take up to hours
        {"aud": "elsewhere"},
        {"aud": None},
        {"iss": "https://elsewhere"},
        {"iss": None},
        {"sub": None},
        {"sub": ["MDA"]},
        {"scope": None},
        {"scope": "read"},
        {"scope": ["platone"]},
        {"party": None},
        {"party": ""},
        {"party": {"id": "MDA"}},
        {"roles": None},
        {"roles": "MeteredDataAdministrator"},
        {"roles": {"MeteredDataAdministrator": True}},
        {"roles": [["MeteredDataAdministrator"]]},
        {"roles": 7},
    ],
)
async def test_wrong_claims_are_refused(
    http: httpx.AsyncClient, folder: Path, changed: dict[str, Any]
) -> None:
    answer = await _status(http, _signed(_key(folder), _claims(**changed)))
    assert answer == (401, "/problems/token-invalid")


@pytest.mark.parametrize("kind", ["JWT", "dpop+jwt", "logout+jwt", ""])
async def test_a_token_of_another_type_is_refused(
    http: httpx.AsyncClient, folder: Path, kind: str
) -> None:
    """RFC 9068 section 4: an ID token, say, is no access token."""
    token = _signed(_key(folder), _claims(), typ=kind)
    assert await _status(http, token) == (401, "/problems/token-invalid")


async def test_no_algorithm_is_no_signature(http: httpx.AsyncClient) -> None:
    for name in ("none", "None", "NONE"):
        token = f"{_part({'alg': name})}.{_part(_claims())}."
        assert await _status(http, token) == (401, "/problems/token-invalid")


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
async def test_the_public_key_is_no_shared_secret(
    http: httpx.AsyncClient, folder: Path, encoding: Encoding
) -> None:
    key = _key(folder)
    public = key.public_key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    signing = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{_part(_claims())}"
    mac = hmac.new(public, signing.encode(), hashlib.sha256).digest()
    token = f"{signing}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert await _status(http, token) == (401, "/problems/token-invalid")


async def test_a_foreign_key_is_refused_even_with_our_kid(
    http: httpx.AsyncClient, folder: Path
) -> None:
    foreign = ECKey.generate_key("P-256", auto_kid=True)
    ours = _key(folder).kid
    assert ours
    for header in ({}, {"kid": ours}, {"kid": "../../etc/passwd"}):
        token = _signed(foreign, _claims(), **header)
        assert await _status(http, token) == (401, "/problems/token-invalid")


async def test_a_key_in_the_header_is_not_trusted(http: httpx.AsyncClient) -> None:
    foreign = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "jwk": foreign.as_dict(private=False)}
    token = jwt.encode(header, _claims(), foreign)
    assert await _status(http, token) == (401, "/problems/token-invalid")


async def test_a_changed_token_is_refused(http: httpx.AsyncClient, folder: Path) -> None:
    head, _, signature = _signed(_key(folder), _claims(party="ACEAE")).split(".")
    forged = f"{head}.{_part(_claims())}.{signature}"
    assert await _status(http, forged) == (401, "/problems/token-invalid")


@pytest.mark.parametrize("token", ["a", "a.b", "a.b.c", "..", "é", "a" * 7000, "e30.e30.e30"])
async def test_what_is_no_token_is_refused(http: httpx.AsyncClient, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode()}
    answer = await http.post(ROUTE, content="{}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-invalid")


@pytest.mark.parametrize("roles", [[], ["MarketOperator"], ["metereddataadministrator"], ["x"]])
async def test_another_role_may_not(
    http: httpx.AsyncClient, folder: Path, roles: list[str]
) -> None:
    token = _signed(_key(folder), _claims(roles=roles))
    assert await _status(http, token) == (403, "/problems/role-missing")


async def test_without_a_token_nothing_is_told_of_the_body(http: httpx.AsyncClient) -> None:
    answer = await http.post(ROUTE, content="no json")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_of_before_is_good_after_a_restart(folder: Path, identity: Identity) -> None:
    token = _signed(_key(folder), _claims())
    again = Identity(folder, identity.issuer)
    await again.start()
    assert again.verifier.principal(token).party_id == "MDA"
    await again.stop()
