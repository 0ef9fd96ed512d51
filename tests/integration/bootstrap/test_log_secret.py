"""The log of a real server at its finest: JSON, the request's number, and not one secret."""

import json
import ssl
from pathlib import Path
from typing import Any

import httpx

from platone.bootstrap import spawn_server
from platone.messages.identity import CredentialsFile

FINEST = {"PLATONE_LOG_FORMAT": "json", "PLATONE_LOG_LEVEL": "debug", "PLATONE_METRICS": "token"}
MADE_UP = ("made-up-secret-1", "made-up-password-2", "made-up-token-3", "made-up-code-4")


def flood(http: httpx.Client, credentials: CredentialsFile) -> list[str]:
    """Use and misuse every kind of secret; return those that the server has given."""
    given = []
    for each in credentials.clients:
        given.append(each.client_secret)
        login = (each.client_id, each.client_secret)
        form = {"grant_type": "client_credentials"}
        token = http.post("/oauth2/token", data=form, auth=login).json()["access_token"]
        given.append(token)
        bearer = {"Authorization": f"Bearer {token}", "X-Request-Id": f"flood-{each.party_id}"}
        http.get("/api/marketSession", headers=bearer)
        http.get(f"/api/marketSession/{token}", headers=bearer)  # where it does not belong
        http.post("/api/flexibilityService", content=token, headers=bearer)
        http.post("/oauth2/token", data=form, auth=(each.client_id, MADE_UP[0]))
        http.post("/oauth2/revoke", data={"token": token}, auth=login)
    person = {"name": "operator", "password": MADE_UP[1], "one_time_code": MADE_UP[3]}
    http.post("/oauth2/authorize", data=person)
    http.get("/oauth2/authorize", params={"code": MADE_UP[3]})
    wrong = {"Authorization": f"Bearer {MADE_UP[2]}"}
    for path in ("/api/marketSession", "/metrics", "/api/identity/parties"):
        http.get(path, headers=wrong)
    code = {"grant_type": "authorization_code", "code": MADE_UP[3], "code_verifier": MADE_UP[0]}
    http.post("/oauth2/token", data=code, auth=("dashboard", MADE_UP[0]))
    return given


def key_words(folder: Path) -> list[str]:
    """The middles of all keys and tokens in the files of a data folder."""
    files = [
        *(folder / "identity").glob("*key*"),
        folder / "access" / "receipt-key",
        folder / "metrics-token",
        *(folder / "ledger" / "keys").glob("*"),
    ]
    texts = [each.read_text("latin-1") for each in files if each.is_file()]
    assert len(texts) > 8
    lines = [max(text.splitlines(), key=len) for text in texts]
    return [line[10:42] for line in lines if len(line) > 42]


def test_no_secret_of_any_kind_is_in_the_log(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = spawn_server(data, environment=FINEST)
    try:
        trusted = ssl.create_default_context(cafile=str(data / "ca.pem"))
        url = server.credentials.base_url
        with httpx.Client(base_url=url, verify=trusted, timeout=60) as http:
            given = flood(http, server.credentials)
            echoed = http.get("/health/live", headers={"X-Request-Id": "abc-1"})
            made = http.get("/health/live", headers={"X-Request-Id": "a b\tc"})
        secrets = [*given, *MADE_UP, *key_words(data)]
    finally:
        server.stop()
    assert echoed.headers["x-request-id"] == "abc-1"
    assert len(made.headers["x-request-id"]) == 16
    text = (data / "server.log").read_text("utf-8")
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    assert [each for each in secrets if each in text] == []
    assert all({"at", "level", "logger", "text"} <= each.keys() for each in lines)
    assert len(lines) > 1
