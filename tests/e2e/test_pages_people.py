"""People, parties and secrets are changed by page, and the log tells who changed what."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from .page_visit import OWN_PAGE, Visit, hidden

NOON = datetime(2021, 6, 22, 10, 0, tzinfo=UTC)
PASSWORD = "a long sentence of words"
LED = "/account/second-factor?then=%2F"
HOSTILE = "<img/src=x/onerror=alert(1)>"


@pytest.fixture
def visit(server_at: Any) -> Iterator[Any]:
    server = server_at(NOON)
    opened: list[Visit] = []

    def made() -> Visit:
        opened.append(Visit(server.base_url, server.data))
        return opened[-1]

    made.server = server  # type: ignore[attr-defined]
    yield made
    for each in opened:
        each.close()


def invite(visit: Visit, party: str, role: str) -> str:
    shown = visit.send("/people", "/people/invite", party=party, **{f"role-{role}": "on"})
    assert shown.status_code == 200, shown.text
    (link,) = re.findall(r'<p class="code">([^<]+)</p>', shown.text)
    return html.unescape(link)


def join(visit: Visit, link: str, name: str) -> None:
    form = hidden(visit.http.get(link).text)
    form |= {"name": name, "password": PASSWORD, "again": PASSWORD}
    joined = visit.http.post("/oauth2/join", data=form, headers=OWN_PAGE)
    assert joined.status_code == 200, joined.text


def sign_in(visit: Visit, name: str) -> None:
    begun = visit.get("/sign-in")
    form = hidden(visit.get(begun.headers["location"]).text)
    form |= {"name": name, "password": PASSWORD}
    back = visit.http.post("/oauth2/authorize", data=form, headers=OWN_PAGE)
    ended = visit.get(back.headers["location"])
    # who acts for others is led to a second factor, once
    assert (ended.status_code, ended.headers["location"]) == (303, LED), ended.text


def test_a_server_comes_into_the_hands_of_people_by_its_pages(visit: Any) -> None:
    first = visit()
    first.sign_in("MO")
    wrong = {"role-FlexibilityServiceProvider": "on"}
    early = first.send("/people", "/people/invite", party="ACEAE", **wrong)
    assert early.status_code == 422
    assert "invite MO&#39;s" in early.text
    link = invite(first, "MO", "MarketOperator")
    assert link not in first.get("/people").text  # shown once
    olga = visit()
    join(olga, link, "olga")
    sign_in(olga, "olga")
    added = olga.send("/people", "/people/party", party="NEW", **wrong)
    assert added.status_code == 200
    assert "NEW" in added.text
    strange = olga.send("/people", "/people/party", party=HOSTILE, **wrong)
    assert strange.status_code == 422
    assert HOSTILE not in strange.text
    anna = visit()
    join(anna, invite(olga, "NEW", "FlexibilityServiceProvider"), "anna")
    sign_in(anna, "anna")
    assert anna.get("/portfolio").status_code == 200
    assert "olga" not in anna.get("/people").text
    assert anna.get("/changes").status_code == 403
    secret = anna.send("/people", "/people/secret")
    (told,) = re.findall(r'<p class="code">([^<]+)</p>', secret.text)
    form = {"grant_type": "client_credentials"}
    token = anna.http.post("/oauth2/token", data=form, auth=("NEW", html.unescape(told)))
    assert token.status_code == 200
    assert told not in olga.get("/changes").text
    assert olga.send("/people", "/people/remove", name="anna").status_code == 303
    assert anna.get("/portfolio").status_code == 303  # at once
    log = html.unescape(re.sub(r"<[^>]+>", " ", olga.get("/changes").text))
    log = re.sub(r"\s+", " ", log)
    for sentence in (
        "olga for MO removed the person anna",
        "anna for NEW made the client secret of NEW",
        "anna for NEW made the person anna",
        "olga for MO made the party NEW",
        "olga for MO made the person olga party: MO roles: market operator",
    ):
        assert sentence in log, (sentence, log)


def test_an_order_to_a_session_is_told_with_what_it_was_before(visit: Any) -> None:
    server = visit.server
    session = server.session_id({"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"})
    order = {"action": "close", "reason": HOSTILE}
    path = f"/api/marketSession/{session}/override"
    assert server.call("MO", "POST", path, order).status_code == 200
    (told,) = server.get("DPO", "/api/identity/changes?kind=session")["changes"]
    assert (told["before"]["status"], told["after"]["reason"]) == ("active", HOSTILE)
    assert told["after"]["status"] != "active"
    officer = visit()
    officer.sign_in("DPO")
    shown = officer.get("/changes?kind=session").text
    assert HOSTILE not in shown
    assert HOSTILE in html.unescape(shown)
    assert server.get("DPO", "/api/identity/changes?kind=agreement")["changes"] == []
