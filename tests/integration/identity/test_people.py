"""People are invited, changed and removed over REST, each party its own; secrets are made anew."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from platone.identity.context import Identity
from platone.identity.domain.party import Client, Party
from platone.identity.domain.person import Person, RegisteredPerson
from platone.identity.records.change import ChangeRecords
from platone.identity.service.token import IssueToken
from platone.infra.http.change import Change
from platone.infra.http.problem import install_problems
from platone.infra.listing import Part
from platone.messages.base import Role

BASE = "https://127.0.0.1:8443"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "a long sentence of words"
MO, AGGREGATOR = ["MarketOperator"], ["FlexibilityServiceProvider"]


@pytest.fixture
def app(identity: Identity) -> FastAPI:
    made = FastAPI()
    made.state.token_verifier = identity.verifier
    made.state.access_log = identity.access_log
    made.state.change_log = identity.change_log
    made.include_router(identity.router)
    install_problems(made)
    return made


@pytest.fixture
async def as_party(http: httpx.AsyncClient, secret: Any) -> Callable[..., Any]:
    """Calls as a party, by the secret of its client at the first start."""

    async def call(party: str, method: str, path: str, body: Any = None) -> httpx.Response:
        form = {"grant_type": "client_credentials"}
        told = await http.post("/oauth2/token", data=form, auth=(party, secret(party)))
        headers = {"Authorization": f"Bearer {told.json()['access_token']}", "Audit-Case": "1"}
        return await http.request(method, f"/api/identity/{path}", json=body, headers=headers)

    return call


def person_token(identity: Identity, name: str, party: str, *roles: str) -> dict[str, str]:
    """A token as a person has it after signing in."""
    issue: IssueToken = identity._issuer()
    owner = Party(party, tuple(Role(role) for role in roles))
    made = issue(Client("dashboard", owner), f"person:{name}")
    return {"Authorization": f"Bearer {made.access_token}"}


async def join(http: httpx.AsyncClient, link: str, name: str, **more: str) -> httpx.Response:
    token = parse_qs(urlsplit(link).query)["invitation"][0]
    form = {"invitation": token, "name": name, "password": PASSWORD, "again": PASSWORD} | more
    return await http.post("/oauth2/join", data=form, headers=OWN_PAGE)


async def invited(as_party: Any, by: str, party: str, roles: list[str]) -> str:
    order = {"partyId": party, "roles": roles}
    made = await as_party(by, "POST", "invitations", order)
    assert made.status_code == 201, made.text
    return str(made.json()["link"])


@pytest.fixture
async def operated(http: httpx.AsyncClient, as_party: Any) -> Any:
    """A server whose market operator has a person, so that the development people are gone."""
    link = await invited(as_party, "MO", "MO", MO)
    assert (await join(http, link, "olga")).status_code == 200
    return as_party


async def people(as_party: Any, of: str = "MO") -> dict[str, Any]:
    listed = (await as_party(of, "GET", "people")).json()["people"]
    return {each["name"]: each for each in listed}


async def parties(as_party: Any) -> set[str]:
    listed = (await as_party("MO", "GET", "parties")).json()["parties"]
    return {each["partyId"] for each in listed}


async def test_an_invitation_makes_one_person_once(http: httpx.AsyncClient, as_party: Any) -> None:
    link = await invited(as_party, "MO", "MO", MO)
    page = await http.get(link)
    assert "<strong>MO</strong> (market operator)" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    short = await join(http, link, "olga", password="short", again="short")
    assert short.status_code == 422
    differing = await join(http, link, "olga", again="another long sentence")
    assert "Both passwords differ." in differing.text
    foreign = await http.post("/oauth2/join", data={"invitation": "x"})
    assert foreign.status_code == 403
    assert (await join(http, link, "olga")).status_code == 200
    assert list(await people(as_party)) == ["olga"]  # those of development are gone
    for again in (await http.get(link), await join(http, link, "otto")):
        assert again.status_code == 404
    assert list(await people(as_party)) == ["olga"]


async def test_the_first_person_is_the_operators_so_that_nobody_is_locked_out(
    as_party: Any,
) -> None:
    order = {"partyId": "ACEAE", "roles": AGGREGATOR}
    early = await as_party("MO", "POST", "invitations", order)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/first-person-operates")
    assert "MO" in await people(as_party)


async def test_the_operator_invites_the_first_of_a_party_and_its_people_the_others(
    http: httpx.AsyncClient, operated: Any
) -> None:
    link = await invited(operated, "MO", "ACEAE", AGGREGATOR)
    assert (await join(http, link, "anna")).status_code == 200
    order = {"partyId": "ACEAE", "roles": AGGREGATOR}
    meddling = await operated("MO", "POST", "invitations", order)
    assert (meddling.status_code, meddling.json()["type"]) == (403, "/problems/party-of-its-own")
    for stranger in ("ACEAE_2", "DSO"):
        refused = await operated(stranger, "POST", "invitations", order)
        assert refused.json()["type"] == "/problems/party-of-its-own"
    greedy = {"partyId": "ACEAE", "roles": MO}
    refused = await operated("ACEAE", "POST", "invitations", greedy)
    assert refused.json()["type"] == "/problems/role-not-of-party"
    second = await invited(operated, "ACEAE", "ACEAE", AGGREGATOR)
    assert (await operated("ACEAE_2", "GET", "invitations")).json()["invitations"] == []
    (listed,) = (await operated("ACEAE", "GET", "invitations")).json()["invitations"]
    assert listed["link"] is None  # told once
    gone = await operated("ACEAE_2", "DELETE", f"invitations/{listed['id']}")
    assert gone.status_code == 404
    assert (await operated("ACEAE", "DELETE", f"invitations/{listed['id']}")).status_code == 204
    assert (await join(http, second, "bea")).status_code == 404
    assert set(await people(operated)) == {"anna", "olga"}


async def test_an_invitation_ends(http: httpx.AsyncClient, as_party: Any, folder: Path) -> None:
    link = await invited(as_party, "MO", "MO", MO)
    (listed,) = (await as_party("MO", "GET", "invitations")).json()["invitations"]
    left = datetime.fromisoformat(listed["ends"]) - datetime.now(UTC)
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    with sqlite3.connect(folder / "identity.db") as database:  # three days go by
        database.execute("UPDATE invitation SET ends_s = ends_s - 3 * 86400")
    assert (await http.get(link)).status_code == 404
    assert (await join(http, link, "olga")).status_code == 404
    assert (await as_party("MO", "GET", "invitations")).json()["invitations"] == []


async def test_people_change_and_remove_others_of_their_party_but_not_themselves(
    http: httpx.AsyncClient, operated: Any, identity: Identity
) -> None:
    for name in ("anna", "bea"):
        by = "MO" if name == "anna" else "ACEAE"
        await join(http, await invited(operated, by, "ACEAE", AGGREGATOR), name)
    anna = person_token(identity, "anna", "ACEAE", *AGGREGATOR)
    own = await http.delete("/api/identity/people/anna", headers=anna)
    assert (own.status_code, own.json()["type"]) == (409, "/problems/person-needed")
    body = {"roles": MO}
    raised = await http.put("/api/identity/people/bea", json=body, headers=anna)
    assert raised.json()["type"] == "/problems/role-not-of-party"
    for method in ("PUT", "DELETE"):
        foreign = await operated("ACEAE_2", method, "people/bea", {"roles": AGGREGATOR})
        assert foreign.status_code == 404
        assert "bea" in await people(operated)
    assert (await operated("MO", "PUT", "people/bea", {"roles": MO})).status_code == 404
    assert (await http.delete("/api/identity/people/bea", headers=anna)).status_code == 204
    assert set(await people(operated)) == {"anna", "olga"}
    assert (await operated("MO", "DELETE", "people/anna")).status_code == 204
    log = (await operated("AUDITOR", "GET", "changes?kind=person")).json()["changes"]
    assert [(each["clientId"], each["subject"], bool(each["after"])) for each in log] == [
        ("MO", "anna", False),
        ("person:anna", "bea", False),
        ("person:bea", "bea", True),
        ("person:anna", "anna", True),
        ("person:olga", "olga", True),
    ]


async def test_a_secret_that_is_made_anew_ends_the_one_before(
    http: httpx.AsyncClient, as_party: Any, secret: Any, identity: Identity
) -> None:
    made = await as_party("ACEAE", "POST", "parties/ACEAE/secret")
    assert made.headers["cache-control"] == "no-store"
    new = made.json()
    form = {"grant_type": "client_credentials"}
    for told, status in ((secret("MO"), 401), (new["clientSecret"], 200)):
        answer = await http.post("/oauth2/token", data=form, auth=(new["clientId"], told))
        assert answer.status_code == status
    assert '"ACEAE"' not in identity.credentials_file.read_text()
    assert '"MO"' in identity.credentials_file.read_text()
    assert (await as_party("ACEAE_2", "POST", "parties/ACEAE/secret")).status_code == 404
    bea = RegisteredPerson(Person("bea", Party("ACEAE", (Role.CUSTOMER,))), "none")
    await identity._people.add([bea], datetime.now(UTC))
    few = person_token(identity, "bea", "ACEAE")  # without the party's roles
    refused = await http.post("/api/identity/parties/ACEAE/secret", headers=few)
    assert refused.json()["type"] == "/problems/role-not-of-party"


async def test_a_press_of_development_makes_nothing_more_once_a_person_has_joined(
    http: httpx.AsyncClient, as_party: Any, identity: Identity
) -> None:
    pressed = person_token(identity, "MO", "MO", *MO)  # lasts ten minutes
    before = await http.get("/api/identity/people", headers=pressed)
    assert before.status_code == 200
    link = await invited(as_party, "MO", "MO", MO)
    assert (await join(http, link, "olga")).status_code == 200
    order = {"partyId": "MO", "roles": MO}
    for path, wanted in (
        ("parties/MO/secret", None),
        ("invitations", order),
        ("parties", {"partyId": "NEW", "roles": AGGREGATOR}),
        ("secondFactor/question", None),
    ):
        refused = await http.post(f"/api/identity/{path}", json=wanted, headers=pressed)
        assert refused.status_code == 401, path
        assert refused.json()["type"] == "/problems/token-invalid"
    assert "NEW" not in await parties(as_party)


async def test_a_token_of_a_secret_that_was_made_anew_makes_no_other_one(
    http: httpx.AsyncClient, as_party: Any, secret: Any, folder: Path
) -> None:
    form = {"grant_type": "client_credentials"}
    told = await http.post("/oauth2/token", data=form, auth=("ACEAE", secret("ACEAE")))
    stolen = {"Authorization": f"Bearer {told.json()['access_token']}"}
    assert (await http.get("/api/identity/parties", headers=stolen)).status_code == 200
    new = (await as_party("MO", "POST", "parties/ACEAE/secret")).json()
    with sqlite3.connect(folder / "identity.db") as database:  # as if it was a second ago
        database.execute("UPDATE client SET created_s = created_s + 1 WHERE client_id = 'ACEAE'")
    database.close()
    refused = await http.post("/api/identity/parties/ACEAE/secret", headers=stolen)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/token-invalid")
    good = await http.post("/oauth2/token", data=form, auth=("ACEAE", new["clientSecret"]))
    assert good.status_code == 200  # it was not made anew by the stolen one


async def test_a_party_is_added_has_a_person_and_a_client_and_is_removed_for_good(
    http: httpx.AsyncClient, operated: Any, identity: Identity, folder: Path
) -> None:
    order = {"partyId": "ENEL-X", "roles": AGGREGATOR}
    assert (await operated("MO", "POST", "parties", order)).status_code == 201
    other = await operated("MO", "POST", "parties", order | {"roles": MO})
    assert (other.status_code, other.json()["type"]) == (409, "/problems/party-exists")
    await join(http, await invited(operated, "MO", "ENEL-X", AGGREGATOR), "eva")
    eva = person_token(identity, "eva", "ENEL-X", *AGGREGATOR)
    made = await http.post("/api/identity/parties/ENEL-X/secret", headers=eva)
    auth = (made.json()["clientId"], made.json()["clientSecret"])
    form = {"grant_type": "client_credentials"}
    assert (await http.post("/oauth2/token", data=form, auth=auth)).status_code == 200
    for needed in ("MO", "DSO"):
        refused = await operated("MO", "DELETE", f"parties/{needed}")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/party-runs-here")
    for gone in ("ENEL-X", "CUSTOMER-1"):
        assert (await operated("MO", "DELETE", f"parties/{gone}")).status_code == 204
    assert (await http.post("/oauth2/token", data=form, auth=auth)).status_code == 401
    assert set(await people(operated)) == {"olga"}
    again = Identity(folder, BASE)
    await again.start()  # a first party that was removed is not founded again
    try:
        assert not again.has_founded
        assert "CUSTOMER-1" not in {each.party_id for each in await again.parties()}
    finally:
        await again.stop()


async def test_an_erased_point_of_delivery_is_gone_from_the_log_of_changes(
    operated: Any, identity: Identity
) -> None:
    changes: ChangeRecords = identity.change_log
    pod = "IT001E00000071"
    made = Change("ACEAE", "ACEAE", "agreement", f"ACEAE with {pod}", {}, {"text": f"at {pod}"})
    await changes.record(made)
    enrolled = {"pod": pod, "status": "active"}
    await changes.record(Change("ACEAE", "ACEAE", "device", "0x01", {}, enrolled))
    order = {"erasureId": "e-1", "podIds": [pod]}
    for _ in range(2):  # it is asked again when the market is done
        assert (await operated("MDA", "POST", "erasures", order)).status_code == 200
    (begun,) = (await changes.select("erasure", 2**53, Part("", 10))).items
    assert (begun.subject, begun.before) == ("e-1", {})
    last, first = (await changes.select("device", 2**53, Part("", 10))).items
    assert (first.after["status"], last.after["status"]) == ("active", "revoked")
    assert pod not in str((first, last))
    (stands,) = (await changes.select("agreement", 2**53, Part("", 10))).items
    assert (stands.subject, stands.after) == ("ACEAE with erased", {"text": "at erased"})
    assert not re.search(pod, str(stands))
