"""Who may call: roles, the one operator of a platform, and the case that an auditor names."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from platone.infra.http.problem import install_problems
from platone.infra.http.security import (
    AuditAccess,
    Principal,
    TokenInvalid,
    TokenVerifier,
    only_operator,
    require,
)
from platone.messages.base import Role

ISSUER = "https://platone.test"
KEY = ECKey.generate_key("P-256")
CASE = "CASE-2021-7"
MO, SO, AUDITOR = (
    role.value for role in (Role.MARKET_OPERATOR, Role.SYSTEM_OPERATOR, Role.AUDITOR)
)


class Log:
    def __init__(self) -> None:
        self.calls: list[AuditAccess] = []

    async def record(self, access: AuditAccess) -> None:
        self.calls.append(access)


class Door:
    def __init__(self, http: httpx.AsyncClient, log: Log) -> None:
        self.http, self.log = http, log

    async def call(
        self, path: str, party: str, *roles: str, case: str | None = None
    ) -> tuple[int, str]:
        """Status, and the problem's name or the caller as the route sees it."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": f"{party}-client",
            "aud": "platone",
            "party": party,
            "roles": list(roles),
            "scope": "platone",
            "iat": now,
            "exp": now + 60,
        }
        token = jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, KEY)
        headers = {"Authorization": f"Bearer {token}"} | ({"Audit-Case": case} if case else {})
        answer = await self.http.get(path, headers=headers)
        told = answer.json()
        return answer.status_code, told.get("type", "").removeprefix("/problems/") or told["party"]


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    app, log = FastAPI(), Log()
    app.state.token_verifier = TokenVerifier(ISSUER, lambda: KeySet([KEY]))
    app.state.access_log = log
    install_problems(app)
    read = require(Role.MARKET_OPERATOR, Role.SYSTEM_OPERATOR, Role.AUDITOR)
    for path, check in {
        "/write": require(Role.MARKET_OPERATOR),
        "/both": require(Role.SYSTEM_OPERATOR, Role.MARKET_OPERATOR),
        "/read": read,
        "/grid": only_operator("DSO", read),
        "/setpoint": only_operator("DSO", require(Role.SYSTEM_OPERATOR)),
    }.items():

        async def answer(principal: Annotated[Principal, Depends(check)]) -> Any:
            return {"party": principal.party_id}

        app.get(path)(answer)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield Door(http, log)


@pytest.mark.parametrize(
    ("path", "party", "roles", "told"),
    [
        ("/write", "MO", [MO], (200, "MO")),
        ("/write", "DSO", [SO], (403, "role-missing")),
        ("/write", "X", [], (403, "role-missing")),
        ("/write", "AUDITOR", [AUDITOR], (403, "role-missing")),
        ("/both", "MO", [MO], (200, "MO")),
        ("/both", "TSO", [SO], (200, "TSO")),
        ("/read", "TSO", [SO], (200, "TSO")),
        ("/read", "MO", [MO], (200, "MO")),
        ("/grid", "DSO", [SO], (200, "DSO")),
        ("/grid", "TSO", [SO], (403, "not-owner")),
        ("/grid", "TSO", [SO, MO], (403, "not-owner")),
        ("/grid", "MO", [MO], (200, "MO")),
        ("/setpoint", "DSO", [SO], (200, "DSO")),
        ("/setpoint", "TSO", [SO], (403, "not-owner")),
        ("/setpoint", "DSO", [MO], (403, "role-missing")),
    ],
)
async def test_who_may_call(
    door: Door, path: str, party: str, roles: list[str], told: tuple[int, str]
) -> None:
    assert await door.call(path, party, *roles) == told
    assert door.log.calls == []  # of nobody but auditors


async def test_a_role_that_is_missing_is_named(door: Door) -> None:
    token = jwt.encode(
        {"alg": "ES256", "typ": "at+jwt"},
        {
            "iss": ISSUER,
            "sub": "c",
            "aud": "platone",
            "party": "AUD",
            "roles": ["MeteredDataAdministrator", "Auditor", "unheard of"],
            "scope": "openid platone",
            "exp": int(time.time()) + 60,
        },
        KEY,
    )
    answer = await door.http.get("/both", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    told = answer.json()
    assert told["rolesNeeded"] == [MO, SO]
    assert "This needs the role MarketOperator or SystemOperator" in told["detail"]
    assert "AUD is Auditor, MeteredDataAdministrator." in told["detail"]


async def test_an_auditor_names_a_case_and_is_recorded(door: Door) -> None:
    assert await door.call("/read", "AUDITOR", AUDITOR) == (403, "case-missing")
    assert await door.call("/read", "AUDITOR", AUDITOR, case="\t") == (403, "case-missing")
    assert door.log.calls == []
    assert await door.call("/read?a=1", "AUDITOR", AUDITOR, case=CASE) == (200, "AUDITOR")
    assert await door.call("/grid", "AUDITOR", AUDITOR, case=CASE) == (200, "AUDITOR")
    assert door.log.calls == [
        AuditAccess("AUDITOR", "AUDITOR-client", CASE, "GET /read?a=1"),
        AuditAccess("AUDITOR", "AUDITOR-client", CASE, "GET /grid"),
    ]


async def test_who_may_call_anyway_needs_no_case(door: Door) -> None:
    assert await door.call("/read", "BOTH", AUDITOR, MO) == (200, "BOTH")
    assert door.log.calls == []


def _token(key: ECKey, lasts_s: int = 60, **more: int) -> str:
    claims = {
        "iss": ISSUER,
        "sub": "c",
        "aud": "platone",
        "party": "MO",
        "roles": [MO],
        "scope": "platone",
        "exp": int(time.time()) + lasts_s,
    }
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims | more, key)


def test_an_issuers_clock_may_be_some_seconds_ahead() -> None:
    """Half a minute, as a sign-in provider's: what begins in an hour is of no such clock."""
    verifier, now = TokenVerifier(ISSUER, lambda: KeySet([KEY])), int(time.time())
    for claim in ("iat", "nbf"):
        token = _token(KEY, **{claim: now + 29})
        assert verifier.principal(token).party_id == "MO"
        with pytest.raises(TokenInvalid):
            verifier.principal(_token(KEY, 7200, **{claim: now + 3600}))


def test_a_token_that_was_valid_is_none_once_its_key_is_gone() -> None:
    keys = [KeySet([KEY])]
    verifier, token = TokenVerifier(ISSUER, lambda: keys[0]), _token(KEY)
    assert verifier.principal(token) == verifier.principal(token)
    keys[0] = KeySet([ECKey.generate_key("P-256")])
    with pytest.raises(TokenInvalid):
        verifier.principal(token)


def test_a_token_that_was_valid_is_none_once_it_has_ended() -> None:
    keys = KeySet([KEY])
    verifier, token = TokenVerifier(ISSUER, lambda: keys), _token(KEY, lasts_s=2)
    assert verifier.principal(token).party_id == "MO"
    time.sleep(max(0.0, verifier.principal(token).expires_s + 1.1 - time.time()))
    with pytest.raises(TokenInvalid):
        verifier.principal(token)


def test_many_tokens_are_each_known_by_their_own() -> None:
    keys = KeySet([KEY])
    verifier = TokenVerifier(ISSUER, lambda: keys)
    first = _token(KEY)
    for number in range(1_100):  # more than are kept
        assert verifier.principal(_token(KEY, lasts_s=60 + number)).expires_s > time.time()
    assert verifier.principal(first).party_id == "MO"
