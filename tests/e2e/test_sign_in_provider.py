"""People sign in at a real Keycloak, whose tokens call REST, also while its keys roll over."""

import html
import json
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.keycloak import PASSWORD, SECRETS, Keycloak, running

from platone.bootstrap import spawn_server
from platone.infra.free_port import free_port

from .page_visit import Visit, hidden

_ROLES = "MarketOperator:MarketOperator,grid-operator:SystemOperator"


@dataclass(frozen=True)
class Pilot:
    """A server whose people sign in at a Keycloak."""

    base_url: str
    data: Path
    keycloak: Keycloak
    http: httpx.Client

    def call(self, token: str, method: str, path: str, body: Any = None) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token}"}
        return self.http.request(method, path, json=body, headers=bearer)

    def health(self) -> Any:
        return self.http.get("/health").json()["loops"]["server.sign-in provider"]

    def wait_for_provider(self, state: str, limit_s: float = 60) -> None:
        """Wait until the loop says so, and people are led there only while it is found."""
        until_s = time.monotonic() + limit_s
        while self.health()["state"] != state or self._leads_there() != (state == "running"):
            assert time.monotonic() < until_s, self.health()
            time.sleep(0.2)

    def _leads_there(self) -> bool:
        return self.http.get("/sign-in").headers["location"].startswith(self.keycloak.issuer)


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pilot]:
    folder, port = tmp_path_factory.mktemp("keycloak"), free_port("127.0.0.1")
    base_url, data = f"https://localhost:{port}", folder / "data"
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRETS["pages"] + "\n")
    with running(folder, port) as keycloak:
        environment = {
            "PLATONE_PUBLIC_URL": base_url,
            "PLATONE_OIDC_ISSUER": keycloak.issuer,
            "PLATONE_OIDC_CLIENT_ID": "pages",
            "PLATONE_OIDC_SECRET_FILE": str(secret),
            "PLATONE_OIDC_ROLES_CLAIM": "realm_access.roles",
            "PLATONE_OIDC_NAME_CLAIM": "preferred_username",
            "PLATONE_OIDC_ROLES": _ROLES,
            "PLATONE_OIDC_PARTIES": "MO,DSO",
            "PLATONE_OIDC_CA": str(keycloak.ca_file),
        }
        server = spawn_server(data, port=port, environment=environment)
        try:
            trusted = ssl.create_default_context(cafile=str(data / "ca.pem"))
            with httpx.Client(base_url=base_url, verify=trusted, timeout=60) as http:
                yield Pilot(base_url, data, keycloak, http)
        finally:
            server.stop()


class Person:
    """A browser that knows both servers."""

    def __init__(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.visit = Visit(pilot.base_url, pilot.data)
        trusted = ssl.create_default_context(cafile=str(pilot.keycloak.ca_file))
        self.there = httpx.Client(verify=trusted, timeout=60)

    def close(self) -> None:
        self.visit.close()
        self.there.close()

    def to_provider(self) -> httpx.Response:
        begun = self.visit.get("/sign-in?then=/account")
        assert begun.status_code == 303
        assert begun.headers["location"].startswith(self.pilot.keycloak.issuer)
        return self.there.get(begun.headers["location"])

    def typed(self, page: httpx.Response, name: str) -> str:
        """Type name and password at Keycloak; return where it leads back to."""
        assert page.status_code == 200, page.text
        (action,) = re.findall(r'action="([^"]+)"', page.text)
        form = {"username": name, "password": PASSWORD}
        back = self.there.post(html.unescape(action), data=form)
        assert back.status_code == 302, back.text
        return str(back.headers["location"])

    def sign_in(self, name: str) -> str:
        back = self.typed(self.to_provider(), name)
        done = self.visit.get(back.removeprefix(self.pilot.base_url))
        assert (done.status_code, done.headers["location"]) == (303, "/account"), done.text
        return back

    def sign_out(self) -> httpx.Response:
        return self.visit.send("/account", "/sign-out")


@pytest.fixture
def person(pilot: Pilot) -> Iterator[Person]:
    made = Person(pilot)
    yield made
    made.close()


def test_a_person_signs_in_once_for_all_and_signs_out_there_too(
    pilot: Pilot, person: Person
) -> None:
    pilot.wait_for_provider("running")
    back = person.sign_in("anna")
    shown = person.visit.get("/account").text
    assert "You act for MO: market operator." in shown
    assert "You sign in at a provider elsewhere" in shown
    assert "<h1>anna</h1>" in shown
    assert "Passkeys" not in shown  # those are of people who have a password here
    replayed = person.visit.get(back.removeprefix(pilot.base_url))
    assert replayed.status_code == 400  # the sign-in was begun once, and its code is used
    again = person.to_provider()  # single sign-on: nothing is typed
    assert again.status_code == 302
    assert again.headers["location"].startswith(f"{pilot.base_url}/signed-in/provider?")
    out = person.sign_out()
    assert person.visit.get("/account").status_code == 303
    ended = person.there.get(out.headers["refresh"].partition("url=")[2])
    assert (ended.status_code, ended.headers["location"]) == (302, f"{pilot.base_url}/")
    assert "password" in person.to_provider().text  # it is asked for again


def test_a_code_or_state_of_another_sign_in_is_refused(pilot: Pilot, person: Person) -> None:
    pilot.wait_for_provider("running")
    own = person.typed(person.to_provider(), "anna").removeprefix(pilot.base_url)
    other = Person(pilot)
    foreign = other.typed(other.to_provider(), "gerd").removeprefix(pilot.base_url)
    other.close()
    assert person.visit.get(foreign).status_code == 400  # its state is another browser's
    code = re.search(r"code=([^&]+)", foreign)
    assert code is not None
    mixed = re.sub(r"code=[^&]+", f"code={code[1]}", own)
    assert person.visit.get(mixed).status_code == 400  # its proof key is another browser's
    assert person.visit.get("/account").status_code == 303


def test_tokens_of_the_provider_have_the_rights_that_their_roles_have(pilot: Pilot) -> None:
    pilot.wait_for_provider("running")
    anna, gerd = pilot.keycloak.token("anna"), pilot.keycloak.token("gerd")
    assert pilot.call(anna, "GET", "/api/marketSession").status_code == 200
    added = pilot.call(
        anna, "POST", "/api/identity/parties", {"partyId": "NEW", "roles": ["Customer"]}
    )
    assert added.status_code == 201, added.text
    log = pilot.call(anna, "GET", "/api/identity/changes").json()["changes"]
    assert (log[0]["clientId"], log[0]["partyId"]) == ("provider:anna", "MO")
    refused = pilot.call(gerd, "POST", "/api/identity/parties", {"partyId": "X", "roles": []})
    assert refused.status_code in {403, 422}
    assert pilot.call(gerd, "GET", "/api/dso/networks").status_code == 200
    assert pilot.call(anna, "GET", "/api/dso/networks").status_code in {200, 403}
    told = pilot.call(pilot.keycloak.token("greta"), "GET", "/api/dso/networks")
    assert (told.status_code, told.json()["type"]) == (403, "/problems/role-missing")
    for token in (
        pilot.keycloak.token("stray"),  # of a party for which it may not speak
        pilot.keycloak.token("nobody"),  # of none
        pilot.keycloak.token("anna", "elsewhere"),  # made for somebody else
    ):
        told = pilot.call(token, "GET", "/api/clock")
        assert (told.status_code, told.json()["type"]) == (401, "/problems/token-invalid")
    own = json.loads((pilot.data / "credentials.json").read_text())["clients"][0]
    form = {"grant_type": "client_credentials"}
    made = pilot.http.post("/oauth2/token", data=form, auth=(own["clientId"], own["clientSecret"]))
    assert pilot.call(made.json()["access_token"], "GET", "/api/clock").status_code == 200


def test_keys_roll_over_while_the_server_runs(pilot: Pilot, person: Person) -> None:
    pilot.wait_for_provider("running")
    before = pilot.keycloak.token("anna")
    assert pilot.call(before, "GET", "/api/clock").status_code == 200
    pilot.keycloak.add_key()
    after = pilot.keycloak.token("anna")
    assert after.partition(".")[0] != before.partition(".")[0]  # another key's name
    assert pilot.call(after, "GET", "/api/clock").status_code == 200  # at once
    assert pilot.call(before, "GET", "/api/clock").status_code == 200
    person.sign_in("anna")


def test_while_the_provider_is_away_health_tells_and_people_with_a_password_sign_in_here(
    pilot: Pilot, person: Person
) -> None:
    pilot.wait_for_provider("running")
    here = person.visit.get("/sign-in?by=password")
    assert here.headers["location"].startswith("/oauth2/authorize?")
    token = pilot.keycloak.token("anna")
    assert pilot.call(token, "GET", "/api/clock").status_code == 200
    pilot.keycloak.stop()
    pilot.wait_for_provider("failing")
    assert pilot.http.get("/health").status_code == 503
    begun = person.visit.get("/sign-in")
    assert begun.headers["location"].startswith("/oauth2/authorize?")
    assert pilot.call(token, "GET", "/api/clock").status_code == 200  # keys are known for an hour
    back = person.visit.get("/signed-in/provider?code=x&state=y")
    assert back.status_code == 400
    assert hidden(person.visit.get(here.headers["location"]).text)["client_id"] == "dashboard"
