"""Parties come, get new secrets and go, beside a running server: by the command and by REST."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from platone.bootstrap.partner import add_partner, export_partner, tell_own
from platone.cli import app as commands
from platone.identity.context import Identity
from platone.kernel.errors import PlatoneError
from platone.messages.base import Role
from platone.messages.partner import PartnerFile

PARTIES = "/api/identity/parties"


def told_of(identity: Identity, name: str, url: str, **parties: list[Role]) -> PartnerFile:
    return PartnerFile(
        name=name,
        url=url,
        contexts=["aggregator"] if name != "own" else ["market", "ledger"],
        parties=parties,
        keys=[dict(each) for each in identity.keys().as_dict()["keys"]],
        authority=identity.ca_file.read_text(),
    )


@pytest.fixture
def data(identity: Identity, folder: Path, tmp_path: Path) -> Path:
    """The folder of the running identity, with a partner who speaks for FAR."""
    tell_own(folder, told_of(identity, "own", identity.issuer, MO=[Role.MARKET_OPERATOR]))
    role = [Role.FLEXIBILITY_SERVICE_PROVIDER]
    tell_own(tmp_path / "far", told_of(identity, "far", "https://far.example", FAR=role))
    add_partner(folder, tmp_path / "far" / "partner.toml")
    return folder


async def party(data: Path, *words: str) -> Result:
    command = ["party", *words, "--data", str(data)]
    return await asyncio.to_thread(CliRunner().invoke, commands, command)


async def told(data: Path, *words: str) -> Any:
    result = await party(data, *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.output) if result.output.startswith("{") else result.output


async def token(http: httpx.AsyncClient, client: dict[str, Any]) -> httpx.Response:
    auth = (client["clientId"], client["clientSecret"])
    return await http.post("/oauth2/token", data={"grant_type": "client_credentials"}, auth=auth)


ADD = ("add", "AGGREGATOR-7", "--role", "FlexibilityServiceProvider")


async def test_a_party_comes_has_another_secret_and_goes(
    data: Path, http: httpx.AsyncClient
) -> None:
    client = await told(data, *ADD)
    assert client["roles"] == ["FlexibilityServiceProvider"]
    first = await token(http, client)
    assert first.status_code == 200
    assert "AGGREGATOR-7: FlexibilityServiceProvider\n" in await told(data, "list")
    exported = await asyncio.to_thread(export_partner, data)
    assert '"AGGREGATOR-7" = ["FlexibilityServiceProvider"]' in exported
    again = await told(data, "rotate", "AGGREGATOR-7")
    assert [(await token(http, each)).status_code for each in (client, again)] == [401, 200]
    assert await told(data, "remove", "AGGREGATOR-7") == "AGGREGATOR-7 is removed.\n"
    assert (await token(http, again)).status_code == 401
    assert "AGGREGATOR-7" not in await told(data, "list")
    once_more = await told(data, *ADD)  # whoever was removed may come back
    assert (await token(http, once_more)).status_code == 200


async def test_what_is_removed_or_changed_stays_so_after_a_start(
    data: Path, secret: Callable[[str], str]
) -> None:
    old = secret("ACEAE")
    new = await told(data, "rotate", "ACEAE")
    await told(data, "remove", "TSO")
    assert old not in (data / "credentials.json").read_text()
    again = Identity(data, "https://127.0.0.1:8443")
    await again.start()
    try:
        assert "TSO" not in {each.party_id for each in await again.parties()}
        assert '"TSO"' not in (data / "credentials.json").read_text()
        assert new["clientSecret"] not in (data / "credentials.json").read_text()
    finally:
        await again.stop()


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        (("add", "MO", "--role", "Customer"), "party-exists"),
        (("add", "FAR", "--role", "Customer"), "party-exists"),
        (("rotate", "NOBODY"), "party-unknown"),
        (("remove", "NOBODY"), "party-unknown"),
        (("remove", "MO"), "party-runs-here"),
    ],
)
async def test_what_cannot_be_is_refused(data: Path, words: tuple[str, ...], slug: str) -> None:
    refused = (await party(data, *words)).exception
    assert isinstance(refused, PlatoneError)
    assert refused.slug == slug
    assert "MO: MarketOperator" in await told(data, "list")


async def test_who_runs_the_server_does_the_same_by_rest(
    http: httpx.AsyncClient, secret: Callable[[str], str]
) -> None:
    mine = {"clientId": "MO", "clientSecret": secret("MO")}
    headers = {"Authorization": f"Bearer {(await token(http, mine)).json()['access_token']}"}
    order = {"partyId": "HOUSE-7", "roles": ["Customer"]}
    made = await http.post(PARTIES, json=order, headers=headers)
    assert made.status_code == 201
    assert (await token(http, made.json())).status_code == 200
    told = (await http.get(PARTIES, headers=headers)).json()
    page = told["parties"]
    house = {"partyId": "HOUSE-7", "roles": ["Customer"], "clients": ["HOUSE-7"], "people": 0}
    assert house | {"mayBeRemoved": True} in page
    assert told["mayAdd"]
    stays = {each["partyId"] for each in page if not each["mayBeRemoved"]}
    assert "MO" in stays  # whose systems run here: asked for all the same, it is refused
    for each in stays:
        refused = await http.delete(f"{PARTIES}/{each}", headers=headers)
        assert refused.json()["type"] == "/problems/party-runs-here"
    again = await http.post(f"{PARTIES}/HOUSE-7/secret", headers=headers)
    assert (await token(http, made.json())).status_code == 401
    assert (await token(http, again.json())).status_code == 200
    assert (await http.delete(f"{PARTIES}/HOUSE-7", headers=headers)).status_code == 204
    assert (await http.delete(f"{PARTIES}/HOUSE-7", headers=headers)).status_code == 404
    assert (await http.delete(f"{PARTIES}/MO", headers=headers)).status_code == 409
    other = {"clientId": "DSO", "clientSecret": secret("DSO")}
    headers = {"Authorization": f"Bearer {(await token(http, other)).json()['access_token']}"}
    refused = await http.post(PARTIES, json=order, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-owner")
