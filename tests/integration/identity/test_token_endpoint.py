"""The token endpoint as RFC 6749 has it; its tokens checked by `cryptography` alone."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import argon2
import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fastapi import FastAPI

from platone.identity.context import Identity
from platone.messages.base import Role

GRANT = {"grant_type": "client_credentials"}
Secret = Callable[[str], str]


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _int(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")


def _claims(token: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """RFC 7515 by hand: find the key by kid, verify r and s, decode the claims."""
    head, payload, signature = token.split(".")
    header = json.loads(_bytes(head))
    (key,) = [key for key in jwks["keys"] if key["kid"] == header["kid"]]
    assert header["alg"] == "ES256"
    public = ec.EllipticCurvePublicNumbers(_int(key["x"]), _int(key["y"]), ec.SECP256R1())
    raw = _bytes(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public.public_key().verify(der, f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = json.loads(_bytes(payload))
    return claims


@pytest.mark.parametrize("way", ["basic", "body"])
async def test_a_client_gets_a_token_that_another_library_verifies(
    http: httpx.AsyncClient, secret: Secret, way: str
) -> None:
    if way == "basic":
        answer = await http.post("/oauth2/token", data=GRANT, auth=("ACEAE_2", secret("ACEAE_2")))
    else:
        form = GRANT | {"client_id": "ACEAE_2", "client_secret": secret("ACEAE_2")}
        answer = await http.post("/oauth2/token", data=form)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 600, "platone")
    claims = _claims(body["access_token"], (await http.get("/.well-known/jwks.json")).json())
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 30
    assert claims["nbf"] == claims["iat"]
    assert claims["iss"] == "https://127.0.0.1:8443"
    assert (claims["sub"], claims["azp"], claims["party"]) == ("ACEAE_2", "ACEAE_2", "ACEAE_2")
    assert (claims["aud"], claims["scope"]) == ("platone", "platone")
    assert claims["roles"] == ["FlexibilityServiceProvider"]


async def test_each_token_has_its_own_identifier(http: httpx.AsyncClient, secret: Secret) -> None:
    jwks = (await http.get("/.well-known/jwks.json")).json()
    seen = set()
    for _ in range(3):
        answer = await http.post("/oauth2/token", data=GRANT, auth=("MO", secret("MO")))
        seen.add(_claims(answer.json()["access_token"], jwks)["jti"])
    assert len(seen) == 3


async def test_the_published_keys_hold_no_secret(http: httpx.AsyncClient) -> None:
    (key,) = (await http.get("/.well-known/jwks.json")).json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "use", "alg", "kid"}


async def test_the_kid_is_the_thumbprint_of_rfc_7638(http: httpx.AsyncClient) -> None:
    (key,) = (await http.get("/.well-known/jwks.json")).json()["keys"]
    required = {name: key[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(required, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    assert _bytes(key["kid"]) == digest


async def test_a_token_says_its_party_to_the_verifier(
    http: httpx.AsyncClient, secret: Secret, identity: Identity
) -> None:
    answer = await http.post("/oauth2/token", data=GRANT, auth=("TSO", secret("TSO")))
    principal = identity.verifier.principal(answer.json()["access_token"])
    assert principal.party_id == "TSO"
    assert principal.roles == {Role.SYSTEM_OPERATOR}


@pytest.mark.parametrize(
    ("client", "wrong"),
    [("MO", "guess"), ("NOBODY", "guess"), ("MO", ""), ("", ""), ("MO", "x" * 9000)],
)
async def test_an_unknown_client_and_a_wrong_secret_look_the_same(
    http: httpx.AsyncClient, client: str, wrong: str
) -> None:
    answer = await http.post("/oauth2/token", data=GRANT, auth=(client, wrong))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "error": "invalid_client",
        "error_description": "The client is unknown, or its secret is wrong.",
    }


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("grant_type=client_credentials&scope=everything", "invalid_scope"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&client_secret=a", "invalid_request"),
        ("grant_type=client_credentials&client_id=DSO", "invalid_request"),
        ("grant_type=%ff", "invalid_request"),
        ("&".join(f"a{number}=1" for number in range(100)), "invalid_request"),
        ("grant_type=client_credentials&x=" + "y" * 20_000, "invalid_request"),
    ],
)
async def test_a_malformed_request_has_the_code_of_rfc_6749(
    http: httpx.AsyncClient, secret: Secret, form: str, error: str
) -> None:
    answer = await http.post(
        "/oauth2/token",
        content=form,
        auth=("MO", secret("MO")),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic TU8=", "Basic /////w=="])
async def test_a_broken_authorization_header_is_refused(
    http: httpx.AsyncClient, header: str
) -> None:
    answer = await http.post("/oauth2/token", data=GRANT, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_json_is_no_form(http: httpx.AsyncClient, secret: Secret) -> None:
    answer = await http.post("/oauth2/token", json=GRANT, auth=("MO", secret("MO")))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_credentials_may_be_form_encoded_inside_basic(
    http: httpx.AsyncClient, secret: Secret
) -> None:
    escaped = "".join(f"%{ord(character):02X}" for character in "CUSTOMER-1")
    answer = await http.post(
        "/oauth2/token", data=GRANT, auth=(escaped, quote_plus(secret("CUSTOMER-1")))
    )
    assert answer.status_code == 200


async def test_guessing_is_stopped_but_locks_no_working_client_out(
    http: httpx.AsyncClient, secret: Secret
) -> None:
    right = ("MO", secret("MO"))
    assert (await http.post("/oauth2/token", data=GRANT, auth=right)).status_code == 200
    for number in range(10):
        wrong = await http.post("/oauth2/token", data=GRANT, auth=("MO", f"guess-{number}"))
        assert wrong.status_code == 401
    stopped = await http.post("/oauth2/token", data=GRANT, auth=("MO", "guess-11"))
    assert stopped.status_code == 429
    assert 0 < int(stopped.headers["Retry-After"]) <= 60
    assert (await http.post("/oauth2/token", data=GRANT, auth=right)).status_code == 200
    other = await http.post("/oauth2/token", data=GRANT, auth=("DSO", secret("DSO")))
    assert other.status_code == 200


@pytest.fixture
def hashes_computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each Argon2 hash that is computed: a tenth of a second, all that can be timed."""
    computed: list[str] = []
    verify = argon2.PasswordHasher.verify

    def counted(hasher: argon2.PasswordHasher, kept: str, secret: str) -> bool:
        computed.append(kept)
        return bool(verify(hasher, kept, secret))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    return computed


async def test_a_remembered_secret_costs_no_hash(
    http: httpx.AsyncClient, secret: Secret, hashes_computed: list[str]
) -> None:
    for _ in range(5):
        answer = await http.post("/oauth2/token", data=GRANT, auth=("MO", secret("MO")))
        assert answer.status_code == 200
    assert len(hashes_computed) == 1
    await http.post("/oauth2/token", data=GRANT, auth=("MO", "guess"))
    assert len(hashes_computed) == 2


async def test_unknown_clients_are_refused_no_faster(
    http: httpx.AsyncClient, secret: Secret, hashes_computed: list[str]
) -> None:
    """Each guess costs one hash of the same parameters, whoever is named."""
    assert secret("DSO")
    for client in ("DSO", "NOBODY", "DSO-service"):
        before = len(hashes_computed)
        answer = await http.post("/oauth2/token", data=GRANT, auth=(client, "guess"))
        assert answer.status_code == 401
        assert len(hashes_computed) == before + 1
    parameters = {tuple(each.split("$")[1:4]) for each in hashes_computed}
    assert len(parameters) == 1


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_service_clients_work_and_their_secrets_never_rest_on_disk(
    http: httpx.AsyncClient, identity: Identity, folder: Path
) -> None:
    services = identity.service_credentials()
    assert sorted(services) == ["ACEAE", "ACEAE_2", "DSO", "MDA", "MO", "TSO"]
    for party, told in services.items():
        pair = (told.client_id, told.client_secret)
        answer = await http.post("/oauth2/token", data=GRANT, auth=pair)
        principal = identity.verifier.principal(answer.json()["access_token"])
        assert (principal.party_id, principal.client_id) == (party, f"{party}-service")
        assert told.roles == [role.value for role in principal.roles]
    kept = _all_bytes(folder)
    assert not [told for told in services.values() if told.client_secret.encode() in kept]


async def test_the_metadata_leads_to_the_endpoints(http: httpx.AsyncClient) -> None:
    told = (await http.get("/.well-known/openid-configuration")).json()
    assert (await http.get("/.well-known/oauth-authorization-server")).json() == told
    assert told["issuer"] == "https://127.0.0.1:8443"
    assert (await http.get(told["jwks_uri"])).status_code == 200
    assert (await http.post(told["token_endpoint"])).json()["error"] == "invalid_request"
    assert told["grant_types_supported"] == [
        "client_credentials",
        "authorization_code",
        "refresh_token",
    ]
    assert told["response_types_supported"] == ["code"]


async def test_openapi_shows_the_form(app: FastAPI) -> None:
    body = app.openapi()["paths"]["/oauth2/token"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/x-www-form-urlencoded"}


async def test_guesses_from_an_address_lock_no_other_client_there(
    http: httpx.AsyncClient, secret: Secret
) -> None:
    """A hundred wrong ones by invented clients; a neighbour that has not failed is heard."""
    for number in range(101):
        answer = await http.post("/oauth2/token", data=GRANT, auth=(f"guess-{number}", "wrong"))
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    neighbour = await http.post("/oauth2/token", data=GRANT, auth=("AUDITOR", secret("AUDITOR")))
    assert neighbour.status_code == 200
    wrong = await http.post("/oauth2/token", data=GRANT, auth=("TSO", "wrong"))
    again = await http.post("/oauth2/token", data=GRANT, auth=("TSO", secret("TSO")))
    assert (wrong.status_code, again.status_code) == (401, 429)
