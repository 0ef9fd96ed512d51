"""Calls of somebody who is not, or may not do, what is called."""

import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

METHODS = {"get", "put", "post", "delete"}


@pytest.fixture(scope="module")
def secured(outside: Any) -> list[tuple[str, str]]:
    """Method and path of every route that needs a token."""
    return [
        (method.upper(), "/".join("none" if "{" in part else part for part in path.split("/")))
        for path, methods in outside.http.get("/openapi.json").json()["paths"].items()
        for method, told in methods.items()
        if told.get("security")
    ]


def test_only_what_is_public_needs_no_token(outside: Any, secured: Any) -> None:
    paths = outside.http.get("/openapi.json").json()["paths"]
    everything = {(method.upper(), path) for path, told in paths.items() for method in told}
    public = {
        path for method, path in everything if not paths[path][method.lower()].get("security")
    }
    assert {path for path in public if not path.startswith("/.well-known/")} == {
        "/oauth2/token",
        "/oauth2/revoke",
        "/problems/{slug}",
        "/health",
        "/health/live",
        "/rpc",
        "/api/chain",
    }
    assert len(secured) > 50


def test_without_a_token_nothing_is_told(outside: Any, secured: Any) -> None:
    for method, path in secured:
        answer = outside.call("", method, path, {})
        outside.refuse(answer, 401, "token-missing")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    for header in ("Bearer", "Basic QUNFQUU6eA==", "Token abc"):
        answer = outside.call("", "GET", "/api/clock", headers={"Authorization": header})
        outside.refuse(answer, 401, "token-missing")


OWN = {
    ("DELETE", "/api/dso/jobs/none"): "unknown-job",
    ("DELETE", "/api/identity/signIns/none"): "sign-in-unknown",
    ("DELETE", "/api/identity/passkeys/none"): "passkey-unknown",
    ("DELETE", "/api/identity/people/none"): "person-unknown",
    ("DELETE", "/api/identity/invitations/none"): "invitation-unknown",
    ("POST", "/api/identity/parties/none/secret"): "party-unknown",
}
"""Changes what is one's own: a caller without it is told that there is none."""
PEOPLE = {
    ("PUT", "/api/identity/people/none"),
    ("POST", "/api/identity/invitations"),
    ("POST", "/api/identity/passkeys"),
    ("POST", "/api/identity/secondFactor"),
}
"""What anyone may do about itself and its party's people; without a body it is not understood."""
PERSONAL = {
    ("POST", "/api/identity/passkeys/question"): "passkey-not-possible",
    ("POST", "/api/identity/secondFactor/question"): "second-factor-not-possible",
    ("POST", "/api/identity/secondFactor/recoveryCodes"): "second-factor-not-possible",
    ("DELETE", "/api/identity/secondFactor"): "second-factor-not-possible",
}
"""Asks for a passkey or a second factor, which a program cannot have."""
SIGN_INS = ("DELETE", "/api/identity/signIns")
"""Ends all sign-ins of the caller: a program has none, and that is so already."""
ERASURE = ("POST", "/api/scd/erasures")
"""Erases what is one's own: that a customer may ask."""
WISH = ("PUT", "/api/aggregator/preferences")
NOTICES = ("PUT", "/api/scd/notices")
ANSWERS = "/api/contracts/agreementProposals/"
"""Accepts or refuses the terms that an aggregator proposes to it."""
DISPUTE = "/api/settlementDispute"
"""Disputes what one is paid: that a customer may, too."""


def test_the_auditor_writes_nothing(outside: Any, secured: Any) -> None:
    before = outside.state("scd", "aggregator", "contracts", "access")
    assert OWN.keys() <= set(secured)
    for method, path in secured:
        answer = outside.call("AUDITOR", method, path, {}) if method != "GET" else None
        if (method, path) in OWN:
            outside.refuse(answer, 404, OWN[method, path])
        elif (method, path) in PERSONAL:
            outside.refuse(answer, 409, PERSONAL[method, path])
        elif (method, path) == SIGN_INS:
            assert answer is not None
            assert answer.status_code == 204
        elif (method, path) in PEOPLE:
            outside.refuse(answer, 422, "malformed-message")
        elif answer is not None:
            outside.refuse(answer, 403, "role-missing")
    assert outside.state("scd", "aggregator", "contracts", "access") == before


def test_the_customer_writes_nothing_but_erasures_disputes_and_wishes_of_its_own(
    outside: Any, secured: Any
) -> None:
    assert {ERASURE, ("POST", DISPUTE), WISH} <= set(secured)
    for method, path in secured:
        answer = outside.call("CUSTOMER-1", method, path, {}) if method != "GET" else None
        if (method, path) in OWN:
            outside.refuse(answer, 404, OWN[method, path])
        elif (method, path) in PERSONAL:
            outside.refuse(answer, 409, PERSONAL[method, path])
        elif (method, path) == SIGN_INS:
            assert answer is not None
            assert answer.status_code == 204
        elif (method, path) == ERASURE:
            outside.refuse(answer, 404, "nothing-to-erase")
        elif (method, path) == ("DELETE", "/api/scd/notices/none"):
            outside.refuse(answer, 404, "notices-unknown")
        elif method == "POST" and path.startswith(ANSWERS):
            outside.refuse(answer, 422, "malformed-message")  # `none` is no number of one
        elif (method, path) in {WISH, NOTICES, *PEOPLE} or (
            path.startswith(DISPUTE) and answer is not None
        ):
            outside.refuse(answer, 422, "malformed-message")  # it may; of what, it has to say
        elif answer is not None:
            outside.refuse(answer, 403, "role-missing")


def own_key(outside: Any) -> ECKey:
    """The key that the server signs tokens with, from its data folder."""
    return ECKey.import_key(json.loads((outside.data / "identity" / "token-key.json").read_text()))


def signed(claims: dict[str, Any], key: Any, algorithm: str = "ES256") -> str:
    header = {"alg": algorithm, "typ": "at+jwt"} | ({"kid": key.kid} if key.kid else {})
    return jwt.encode(header, claims, key, algorithms=[algorithm])


def forged(outside: Any, kind: str) -> str:
    """A token with one thing wrong; the server's own key signs where that is not the matter."""
    key, good = own_key(outside), outside.token("MO")
    claims = dict(jwt.decode(good, key, algorithms=["ES256"]).claims)
    head, body, signature = good.split(".")
    public = OctKey.import_key(json.dumps(key.as_dict(private=False)))
    endless = {name: claims[name] for name in claims.keys() - {"exp"}}
    now_s = int(time.time())
    return {
        "expired": signed(claims | {"exp": now_s - 1}, key),
        "not yet valid": signed(claims | {"nbf": now_s + 3600}, key),
        "of another issuer": signed(claims | {"iss": "https://127.0.0.1:1"}, key),
        "for another audience": signed(claims | {"aud": "elsewhere"}, key),
        "without an end": signed(endless, key),
        "of another key": signed(claims, ECKey.generate_key("P-256", {"kid": str(key.kid)})),
        "signed with the public key": signed(claims, public, "HS256"),
        "without a signature": f"eyJhbGciOiJub25lIn0.{body}.",
        "with another's claims": f"{head}.{outside.token('DSO').split('.')[1]}.{signature}",
        "nonsense": "x" * 10_000,
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "expired",
        "not yet valid",
        "of another issuer",
        "for another audience",
        "without an end",
        "of another key",
        "signed with the public key",
        "without a signature",
        "with another's claims",
        "nonsense",
    ],
)
def test_token_that_is_not_valid(outside: Any, kind: str) -> None:
    headers = {"Authorization": f"Bearer {forged(outside, kind)}"}
    now = outside.get("MO", "/api/clock")
    move = {"now": "2021-10-30T13:00:00Z"}
    answer = outside.call("", "PUT", "/api/clock", move, headers=headers)
    outside.refuse(answer, 401, "token-invalid")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert outside.get("MO", "/api/clock") == now


def test_forged_tokens_would_be_good_otherwise(outside: Any) -> None:
    """The forger's own check: signed with the server's key and nothing wrong, one is taken."""
    key = own_key(outside)
    token = signed(dict(jwt.decode(outside.token("MO"), key, algorithms=["ES256"]).claims), key)
    answer = outside.call("", "GET", "/api/clock", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_wrong_secret_gets_no_token(outside: Any) -> None:
    form = {"grant_type": "client_credentials"}
    for client, secret in (("MO", "wrong"), ("nobody", outside.secrets["MO"]), ("MO", "")):
        answer = outside.http.post("/oauth2/token", data=form, auth=(client, secret))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    answer = outside.http.post(
        "/oauth2/token", data={"grant_type": "password"}, auth=("MO", outside.secrets["MO"])
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_clock_goes_only_forward_and_only_for_the_operator(outside: Any) -> None:
    past = {"now": "2021-10-30T11:04:59Z"}
    outside.bad(("MO", "PUT", "/api/clock", past), 409, "clock-refused")
    outside.bad(("DSO", "PUT", "/api/clock", {"now": "2021-10-30T12:00:00Z"}), 403, "role-missing")
    for now in ("2021-10-30T12:00:00", "soon", 1635595200, None):
        outside.bad(("MO", "PUT", "/api/clock", {"now": now}), 422, "malformed-message")
