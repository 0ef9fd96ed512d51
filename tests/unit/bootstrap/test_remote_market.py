import json
from pathlib import Path
from typing import Any

import pytest

from platone.bootstrap.problem import CredentialsUnusable, RequestsUnusable
from platone.bootstrap.remote_market import RemoteMarket
from platone.bootstrap.tso import simulate_tso

OWN = {"clientId": "ACEAE", "clientSecret": "secret", "partyId": "ACEAE", "roles": []}


def credentials(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "credentials.json"
    told = {
        "baseUrl": "https://market",
        "tokenUrl": "https://market/oauth2/token",
        "caFile": str(tmp_path / "ca.pem"),
        "clients": [OWN],
    }
    file.write_text(json.dumps(told | changes))
    return file


def test_the_way_is_that_of_the_credentials_or_as_given(tmp_path: Path) -> None:
    file = credentials(tmp_path)
    way = RemoteMarket.read(file, "ACEAE")
    assert (way.url, way.ca_file) == ("https://market", tmp_path / "ca.pem")
    other = RemoteMarket.read(file, "ACEAE", "https://proxy", tmp_path / "other.pem")
    assert (other.url, other.ca_file) == ("https://proxy", tmp_path / "other.pem")
    assert other.credentials.client_secret == "secret"


def test_what_cannot_lead_to_a_market_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CredentialsUnusable, match="no client of TSO"):
        RemoteMarket.read(credentials(tmp_path), "TSO")
    with pytest.raises(CredentialsUnusable, match="cannot be read"):
        RemoteMarket.read(tmp_path / "nothing.json", "ACEAE")
    (tmp_path / "text.json").write_text("text")
    with pytest.raises(CredentialsUnusable, match="cannot be read"):
        RemoteMarket.read(tmp_path / "text.json", "ACEAE")
    plain = RemoteMarket.read(credentials(tmp_path), "ACEAE", "http://market")
    with pytest.raises(CredentialsUnusable, match="no https address"):
        plain.http()
    with pytest.raises(CredentialsUnusable, match="holds no certificates"):
        RemoteMarket.read(credentials(tmp_path), "ACEAE").http()


def test_a_file_without_requests_is_refused(tmp_path: Path) -> None:
    way = RemoteMarket.read(credentials(tmp_path), "ACEAE")
    for content in (b"text", b"{}", b'{"requests": []}'):
        with pytest.raises(RequestsUnusable):
            simulate_tso(way, content, 1.0, print)
