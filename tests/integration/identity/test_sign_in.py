"""People sign in by a code that is bound to who asked for it (RFC 7636, RFC 9700)."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from platone.identity.context import Entrance, Identity
from platone.identity.domain.code import Authorization
from platone.identity.domain.one_time_code import one_time_code
from platone.identity.domain.party import Party
from platone.identity.domain.person import Person
from platone.identity.domain.problem import (
    PasswordTooShort,
    PersonExists,
    PersonNameInvalid,
    PersonUnknown,
    RoleNotOfParty,
)
from platone.identity.records.client import ClientRecords
from platone.identity.records.person import PersonRecords
from platone.identity.records.table import metadata
from platone.identity.service.code import Codes
from platone.identity.service.people import ManagePeople
from platone.identity.service.secret_hash import SecretHasher
from platone.infra.db import Database, sqlite_url
from platone.infra.http.problem import install_problems
from platone.kernel.clock import SystemClock
from platone.messages.base import Role

BASE = "https://127.0.0.1:8443"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
ASKED = {
    "response_type": "code",
    "client_id": "dashboard",
    "redirect_uri": f"{BASE}/signed-in",
    "scope": "platone",
    "state": "a-state",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "a long sentence of words"


@pytest.fixture
async def identity(folder: Path) -> AsyncIterator[Identity]:
    running = Identity(folder, BASE, entrance=Entrance(by_press=True))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def people(folder: Path) -> AsyncIterator[ManagePeople]:
    """Whoever runs the server, beside it."""
    database = Database(sqlite_url(folder / "identity.db"), metadata)
    yield ManagePeople(
        PersonRecords(database), ClientRecords(database), SecretHasher(), SystemClock()
    )
    await database.close()


class Browser:
    """A browser at the server, and the program that it came from."""

    def __init__(self, http: httpx.AsyncClient, identity: Identity) -> None:
        self.http, self.secret = http, identity.web_secret

    async def send(self, typed: dict[str, str], **changed: str) -> httpx.Response:
        form = {name: value for name, value in (ASKED | changed | typed).items() if value}
        return await self.http.post("/oauth2/authorize", data=form, headers=OWN_PAGE)

    async def code(self, typed: dict[str, str]) -> str:
        answer = await self.send(typed)
        assert answer.status_code == 303, answer.text
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == ASKED["redirect_uri"]
        told = parse_qs(back.query)
        assert (told["state"], told["iss"]) == (["a-state"], [BASE])
        return told["code"][0]

    async def redeem(self, code: str, **changed: str) -> httpx.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": ASKED["redirect_uri"],
            "code_verifier": VERIFIER,
        }
        return await self.token(form | changed)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.token({"grant_type": "refresh_token", "refresh_token": token})

    async def token(self, form: dict[str, str], secret: str = "") -> httpx.Response:
        who = ("dashboard", secret or self.secret)
        return await self.http.post("/oauth2/token", data=form, auth=who)


@pytest.fixture
def browser(http: httpx.AsyncClient, identity: Identity) -> Browser:
    return Browser(http, identity)


def typed(name: str = "anna", password: str = PASSWORD, code: str = "") -> dict[str, str]:
    return {"name": name, "password": password, "code": code}


async def test_a_person_signs_in_sees_its_sign_in_and_ends_it(
    browser: Browser, identity: Identity, people: ManagePeople, http: httpx.AsyncClient
) -> None:
    await people.add("anna", "MO", (), PASSWORD)
    answer = (await browser.redeem(await browser.code(typed()))).json()
    caller = identity.verifier.principal(answer["access_token"])
    assert (caller.party_id, caller.client_id) == ("MO", "person:anna")
    assert caller.roles == {Role.MARKET_OPERATOR}
    again = (await browser.refresh(answer["refresh_token"])).json()
    assert identity.verifier.principal(again["access_token"]).party_id == "MO"
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    (listed,) = (await http.get("/api/identity/signIns", headers=bearer)).json()["signIns"]
    path = f"/api/identity/signIns/{listed['id']}"
    assert (await http.delete(path, headers=bearer)).status_code == 204
    assert (await http.delete(path, headers=bearer)).json()["type"] == "/problems/sign-in-unknown"
    refused = await browser.refresh(answer["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_a_code_is_of_one_use_and_used_again_ends_the_sign_in(
    browser: Browser, people: ManagePeople
) -> None:
    await people.add("anna", "MO", (), PASSWORD)
    code = await browser.code(typed())
    first = (await browser.redeem(code)).json()
    assert (await browser.redeem(code)).json()["error"] == "invalid_grant"
    assert (await browser.refresh(first["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": VERIFIER[:-1] + "l"},
        {"code_verifier": ""},
        {"redirect_uri": f"{BASE}/signed-in/"},
        {"redirect_uri": ""},
    ],
)
async def test_a_code_is_of_use_only_to_who_asked_for_it(
    browser: Browser, people: ManagePeople, changed: dict[str, str]
) -> None:
    await people.add("anna", "MO", (), PASSWORD)
    refused = await browser.redeem(await browser.code(typed()), **changed)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_a_code_needs_the_clients_secret(
    browser: Browser, people: ManagePeople, secret: Callable[[str], str]
) -> None:
    await people.add("anna", "MO", (), PASSWORD)
    form = {"grant_type": "authorization_code", "code": await browser.code(typed())}
    refused = await browser.token(form, "wrong")
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    other = await browser.http.post("/oauth2/token", data=form, auth=("MO", secret("MO")))
    assert other.json()["error"] == "invalid_client"


def test_a_code_ends_after_a_minute() -> None:
    now_s = 1000.0
    codes = Codes(lambda: now_s)
    person = Person("anna", Party("MO", (Role.MARKET_OPERATOR,)))
    made = Authorization("dashboard", ASKED["redirect_uri"], CHALLENGE, person, "")
    early, late = codes.issue(made), codes.issue(made)
    now_s += 59.9
    assert codes.redeem(early) == made
    now_s += 0.1
    assert codes.redeem(late) is None


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"state": ""}, "invalid_request"),
    ],
)
async def test_a_request_of_another_form_is_refused_at_the_clients_address(
    browser: Browser, changed: dict[str, str], error: str
) -> None:
    asked = {name: value for name, value in (ASKED | changed).items() if value}
    for answer in (
        await browser.http.get("/oauth2/authorize", params=asked),
        await browser.send({"press": "MO"}, **changed),
    ):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(ASKED["redirect_uri"] + "?")
        assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == [error]


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/signed-in"},
        {"redirect_uri": f"{BASE}/signed-in?x=1"},
        {"redirect_uri": f"{BASE}.evil.example/signed-in"},
        {"redirect_uri": ""},
        {"client_id": "MO"},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    browser: Browser, changed: dict[str, str]
) -> None:
    asked = {name: value for name, value in (ASKED | changed).items() if value}
    for answer in (
        await browser.http.get("/oauth2/authorize", params=asked),
        await browser.send({"press": "MO"}, **changed),
    ):
        assert answer.status_code == 400
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_a_form_of_another_site_signs_nobody_in(
    browser: Browser, headers: dict[str, str]
) -> None:
    form = ASKED | {"press": "MO"}
    answer = await browser.http.post("/oauth2/authorize", data=form, headers=headers)
    assert answer.status_code == 403
    assert "location" not in answer.headers


async def test_development_people_sign_in_by_a_press_until_somebody_has_a_password(
    browser: Browser, identity: Identity, people: ManagePeople
) -> None:
    page = (await browser.http.get("/oauth2/authorize", params=ASKED)).text
    assert "As a development party" in page
    answer = (await browser.redeem(await browser.code({"press": "DSO"}))).json()
    assert identity.verifier.principal(answer["access_token"]).party_id == "DSO"
    gone = await people.add("anna", "DSO", (), PASSWORD)
    assert "MO" in gone
    page = (await browser.http.get("/oauth2/authorize", params=ASKED)).text
    assert "development" not in page
    assert (await browser.send({"press": "DSO"})).status_code == 401
    assert (await browser.refresh(answer["refresh_token"])).json()["error"] == "invalid_grant"


async def test_nobody_signs_in_by_a_press_through_a_proxy_or_a_foreign_name(
    browser: Browser,
) -> None:
    form = ASKED | {"press": "MO"}
    for headers in (
        {"X-Forwarded-For": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Forwarded": "for=127.0.0.1"},
        {"Host": "rebound.example:8443"},
        {"Host": "127.0.0.1.evil.example"},
    ):
        sent = OWN_PAGE | headers
        answer = await browser.http.post("/oauth2/authorize", data=form, headers=sent)
        assert answer.status_code == 401, headers
        page = await browser.http.get("/oauth2/authorize", params=ASKED, headers=headers)
        assert "As a development party" not in page.text


async def test_who_pressed_a_name_on_our_page_is_that_one_and_no_other_site_presses(
    browser: Browser, identity: Identity, people: ManagePeople
) -> None:
    async def led(name: str = "DSO", **headers: str) -> httpx.Response:
        asked = ASKED | {"login_hint": name}
        return await browser.http.get("/oauth2/authorize", params=asked, headers=headers)

    answer = await led(**OWN_PAGE)
    assert answer.status_code == 303, answer.text
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    given = (await browser.redeem(code)).json()
    assert identity.verifier.principal(given["access_token"]).party_id == "DSO"
    foreign: tuple[dict[str, str], ...] = (
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        OWN_PAGE | {"Via": "1.1 proxy"},
        OWN_PAGE | {"Host": "rebound.example:8443"},
    )
    for headers in foreign:
        assert (await led(**headers)).status_code == 200, headers  # the page asks whom
    assert (await led("nobody", **OWN_PAGE)).status_code == 200
    await people.add("anna", "DSO", (), PASSWORD)
    for name in ("DSO", "anna"):  # a real server asks for what only that person knows
        page = await led(name, **OWN_PAGE)
        assert (page.status_code, 'type="password"' in page.text) == (200, True)


async def test_nobody_signs_in_by_a_press_at_a_server_for_others(folder: Path) -> None:
    served = Identity(folder, BASE)
    app = FastAPI()
    app.include_router(served.router)
    install_problems(app)
    await served.start()
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
            answer = await Browser(http, served).send({"press": "MO"})
            assert answer.status_code == 401
            assert "As a development party" not in answer.text
            # a development person has no password, so that no password is right
            assert (await Browser(http, served).send(typed("MO", ""))).status_code == 401
    finally:
        await served.stop()


async def test_wrong_passwords_are_counted_and_told_alike(
    browser: Browser, people: ManagePeople
) -> None:
    await people.add("anna", "MO", (), PASSWORD)
    wrong = await browser.send(typed("anna", "wrong"))
    unknown = await browser.send(typed("nobody", "wrong"))
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("anna", "nobody") == unknown.text  # the name is kept in its field
    for _ in range(9):
        assert (await browser.send(typed("anna", "wrong"))).status_code == 401
    answer = await browser.send(typed())
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (429, True)


async def test_a_second_factor_is_asked_for_and_each_code_is_of_one_use(
    browser: Browser, people: ManagePeople
) -> None:
    await people.add("anna", "MO", (), PASSWORD)
    secret = await people.add_second_factor("anna")
    assert (await browser.send(typed())).status_code == 401
    assert (await browser.send(typed(code="000000x"))).status_code == 401
    code = one_time_code(secret, int(time.time()) // 30)
    assert (await browser.send(typed(code=code))).status_code == 303
    assert (await browser.send(typed(code=code))).status_code == 401


async def test_removing_a_person_or_its_password_ends_its_sign_ins(
    browser: Browser, people: ManagePeople
) -> None:
    await people.add("anna", "HOUSE-7", (Role.CUSTOMER,), PASSWORD)
    held = (await browser.redeem(await browser.code(typed()))).json()["refresh_token"]
    other = "another long sentence"
    await people.change_password("anna", other)
    assert (await browser.refresh(held)).status_code == 400
    assert (await browser.send(typed())).status_code == 401
    held = (await browser.redeem(await browser.code(typed("anna", other)))).json()["refresh_token"]
    assert (await browser.refresh(held)).status_code == 200
    await people.remove("anna")
    assert (await browser.refresh(held)).status_code == 400
    assert (await browser.send(typed("anna", other))).status_code == 401


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("a b", "MO", (), PASSWORD), PersonNameInvalid),
        (("<script>", "MO", (), PASSWORD), PersonNameInvalid),
        (("person:anna", "MO", (), PASSWORD), PersonNameInvalid),
        (("anna", "MO", (), "short"), PasswordTooShort),
        (("anna", "MO", (), "aaaaaaaaaaaaaaaa"), PasswordTooShort),
        (("annaannaanna", "MO", (), "annaannaanna"), PasswordTooShort),
        (("anna", "MO", (Role.CUSTOMER,), PASSWORD), RoleNotOfParty),
        (("anna", "HOUSE-7", (), PASSWORD), RoleNotOfParty),
    ],
)
async def test_people_that_cannot_be_are_refused(
    people: ManagePeople, identity: Identity, arguments: Any, problem: type[Exception]
) -> None:
    assert identity.has_founded is False
    with pytest.raises(problem):
        await people.add(*arguments)
    assert all(each.is_for_development for each in await people.all())


async def test_a_name_is_taken_once_and_unknown_ones_are_told(
    people: ManagePeople, identity: Identity
) -> None:
    assert identity.has_founded is False
    await people.add("anna", "MO", (), PASSWORD)
    with pytest.raises(PersonExists):
        await people.add("anna", "DSO", (), PASSWORD)
    for change in (
        people.remove("nobody"),
        people.change_password("nobody", PASSWORD),
        people.add_second_factor("nobody"),
    ):
        with pytest.raises(PersonUnknown):
            await change


async def test_hostile_parameters_are_shown_as_text(browser: Browser) -> None:
    hostile = '"><script>alert(1)</script>'
    page = (await browser.http.get("/oauth2/authorize", params=ASKED | {"state": hostile})).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_pages_load_nothing_foreign_and_are_kept_by_nobody(browser: Browser) -> None:
    page = await browser.http.get("/oauth2/authorize", params=ASKED)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert " style=" not in page.text
    assert "http://" not in page.text


async def test_revoking_ends_a_sign_in(browser: Browser) -> None:
    held = (await browser.redeem(await browser.code({"press": "MO"}))).json()["refresh_token"]
    who = ("dashboard", browser.secret)
    for _ in range(2):
        form = {"token": held}
        answer = await browser.http.post("/oauth2/revoke", data=form, auth=who)
        assert answer.status_code == 200
    assert (await browser.refresh(held)).status_code == 400
    wrong = await browser.http.post("/oauth2/revoke", data={"token": held}, auth=("dashboard", "x"))
    assert wrong.status_code == 401
