"""Every page as every role, and as nobody: it shows what REST would give, and nothing more."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from platone.bootstrap import verify_file

from .page_list import HOMEWARD, OPEN
from .page_visit import OWN_PAGE, Visit, hidden
from .rights_day import FOREIGN_POD, OWN_POD, PODS, Day
from .rights_table import PARTIES

NOBODY = "nobody"
PAGES = {
    "/": None,
    "/first-day": None,
    "/account": None,
    "/account/passkey": "POST /api/identity/passkeys/question",
    "/account/second-factor": "POST /api/identity/secondFactor/question",
    "/rights": None,
    "/rights.csv": None,
    "/market": "GET /api/marketSession",
    "/market.csv": "GET /api/marketSession",
    "/market/{session_id}": "GET /api/marketSession/{session_id}",
    "/market/{session_id}/services.csv": "GET /api/marketSession/{session_id}/services",
    "/market/{session_id}/market-outcome.csv": "GET /api/marketOutcome/{identifier}",
    "/market/{session_id}/technical-outcome.csv": "GET /api/technicalOutcome/{identifier}",
    "/market/{session_id}/validated-outcome.csv": "GET /api/validatedOutcome/{identifier}",
    "/market/{session_id}/settlement.csv": "GET /api/settlement/{identifier}",
    "/market/{session_id}/offer": "GET /api/marketSession/{session_id}",
    "/service/{service_id}": "GET /api/flexibilityService/{service_id}",
    "/pods": "GET /api/scd/pods",
    "/pods.csv": "GET /api/scd/pods",
    "/pods/{pod_id}/day.csv?day=2021-06-23": "GET /api/scd/pods/{pod_id}",
    "/pods/{pod_id}/history.csv?day=2021-06-23": "GET /api/scd/pods/{pod_id}",
    "/pods/{pod_id}?day=2021-06-23": "GET /api/scd/pods/{pod_id}",
    "/devices": "GET /api/access/devices",
    "/devices.csv": "GET /api/access/devices",
    "/devices/refused.csv": "GET /api/access/deadLetters",
    "/portfolio.csv": "GET /api/aggregator/pods",
    "/portfolio": "GET /api/aggregator/pods",
    "/money": "GET /api/books/accounts",
    "/money/statement?month=2021-06": "GET /api/books/statements/2021-06",
    "/money/statement.csv?month=2021-06": "GET /api/books/statements/2021-06",
    "/money/accounts.csv": "GET /api/books/accounts",
    "/money/invoices.csv": "GET /api/books/invoices",
    "/money/agreements.csv": "GET /api/contracts/agreements",
    "/money/proposals.csv": "GET /api/contracts/agreementProposals",
    "/money/disputes.csv": "GET /api/settlementDispute",
    "/money/invoice-{number}.csv": "GET /api/books/invoices/{number}",
    "/money/invoices/{number}": "GET /api/books/invoices/{number}",
    "/money/agreements": "GET /api/contracts/agreements",
    "/money/disputes": "GET /api/settlementDispute",
    "/money/disputes/{dispute_id}": "GET /api/settlementDispute/{dispute_id}",
    "/grid?day=2021-06-23": "GET /api/dso/networks",
    "/grid/alarms.csv?day=2021-06-23": (
        "GET /api/dso/alarms?startTime=2021-06-22T22:00:00Z&stage=forecast"
    ),
    "/grid/requests?day=2021-06-23": "GET /api/dso/networks",
    "/grid/{network_id}/outages?day=2021-06-23": "GET /api/dso/networks/{network_id}",
    "/grid/jobs/{job_id}": "GET /api/dso/jobs/{job_id}",
    "/grid/estimate": "GET /api/dso/stateEstimation",
    "/grid/estimate/{run_id}": "GET /api/dso/stateEstimation/{run_id}",
    "/portfolio/tomorrow?day=2021-06-23": "GET /api/aggregator/pods",
    "/portfolio/tomorrow.csv?day=2021-06-23": "GET /api/aggregator/pods",
    "/portfolio/delivery": "GET /api/aggregator/dispatch",
    "/grid/{network_id}/picture?day=2021-06-23": "GET /api/dso/networks/{network_id}/picture",
    "/portfolio/delivery?day=2021-06-23": "GET /api/aggregator/dispatch/2021-06-23",
    "/portfolio/delivery.csv?day=2021-06-23": "GET /api/aggregator/dispatch/2021-06-23",
    "/portfolio/delivery/alarms.csv": "GET /api/aggregator/alarms",
    "/portfolio/delivery/baselines.csv": "GET /api/aggregator/forecasts",
    "/portfolio/delivery/unpaid.csv": "GET /api/aggregator/openLines",
    "/grid/{network_id}/picture": "GET /api/dso/networks/{network_id}/picture",
    "/grid/{network_id}/versions": "GET /api/dso/networks/{network_id}",
    "/grid/{network_id}/versions.csv?before=1&after=1": (
        "GET /api/dso/networks/{network_id}/changes?before=1&after=1"
    ),
    "/grid/{network_id}/versions.svg?before=1&after=1": (
        "GET /api/dso/networks/{network_id}/picture?format=svg&changedSince=1&version=1"
    ),
    "/grid/{network_id}/day?day=2021-06-23": "GET /api/dso/networks/{network_id}",
    "/grid/{network_id}/day.svg?day=2021-06-23": (
        "GET /api/dso/networks/{network_id}/heatMap?startTime=2021-06-22T22:00:00Z"
    ),
    "/proof": None,
    "/proof/file?id={reading}&owner=MDA": "GET /api/certification/proof/{reading}?owner=MDA",
    "/proof?id={reading}&owner=MDA": "GET /api/certification/proof/{reading}?owner=MDA",
    "/people": "GET /api/identity/people",
    "/changes": "GET /api/identity/changes",
    "/changes?kind=agreement": "GET /api/identity/changes?kind=agreement",
    "/accesses": "GET /api/identity/accesses",
    "/erasures": "GET /api/scd/erasures",
    "/pods/{pod_id}/history?day=2021-06-23": "GET /api/scd/pods/{pod_id}",
    "/pods/{pod_id}/curve.json": "GET /api/scd/powerCurves?podId={pod_id}",
    "/app?day=2021-06-23": "GET /api/scd/pods",
    "/app/history?day=2021-06-23": "GET /api/scd/pods",
    "/app/choices": "GET /api/scd/pods",
    "/app/readings?day=2021-06-23": "GET /api/scd/pods",
    "/app/data": "GET /api/scd/pods",
    "/pods/{pod_id}/readings?day=2021-06-23": "GET /api/scd/pods/{pod_id}",
    "/pods/{pod_id}/readings.csv?day=2021-06-23": "GET /api/scd/pods/{pod_id}",
    "/app/data/own.zip?year=2021": "GET /api/scd/notices",
    "/grid/jobs/{job_id}/outages.csv": "GET /api/dso/jobs/{job_id}/result",
}
"""The pages for who is signed in, each with the route that decides whether it is shown."""
FORMS = (
    "/grid/requests",
    "/grid/calculation",
    "/grid/any/outages",
    "/grid/jobs/any/cancel",
    "/portfolio",
    "/portfolio/baseline",
    "/devices/replay",
    "/devices/close",
    "/money/invoices",
    "/money/payments",
    "/money/agreements",
    "/money/agreements/answer",
    "/money/agreements/end",
    "/money/disputes",
    "/money/disputes/any/answer",
    "/market",
    "/market/any/order",
    "/market/any/offer",
    "/service/any/withdraw",
    "/clock",
    "/case",
    "/account/end",
    "/account/passkey",
    "/account/passkey/remove",
    "/account/end-all",
    "/account/second-factor",
    "/account/second-factor/codes",
    "/account/second-factor/off",
    "/erasures",
    "/people/invite",
    "/people/withdraw",
    "/people/roles",
    "/people/remove",
    "/people/secret",
    "/people/party",
    "/people/party/remove",
    "/app/language",
    "/app/tomorrow",
    "/app/battery",
    "/app/notices",
    "/app/notices/end",
    "/app/data/erasure",
    "/sign-out",
)


@pytest.fixture(scope="module")
def visits(day: Day) -> Iterator[dict[str, Visit]]:
    made = {name: Visit(day.server.base_url, day.server.data) for name in [*PARTIES, NOBODY]}
    try:
        for role, party in PARTIES.items():
            made[role].sign_in(party)
        named = made["auditor"].send("/account", "/case", case="2021-7", then="/account")
        assert named.status_code == 303
        yield made
    finally:
        for each in made.values():
            each.close()


def _address(day: Day, page: str, pod: str = OWN_POD) -> str:
    return page.format(**_names(day, pod, "MO"))


def _names(day: Day, pod: str, party: str) -> dict[str, str]:
    return day.names(pod, party) | {"reading": day.reading.get(pod, "none")}


def test_nobody_sees_a_page_but_is_led_to_sign_in(day: Day, visits: dict[str, Visit]) -> None:
    for page in PAGES:
        answer = visits[NOBODY].get(_address(day, page))
        if page == "/":
            assert answer.status_code == 200
            continue
        assert answer.status_code == 303, page
        assert answer.headers["location"].startswith("/sign-in?then="), page
    for page in OPEN:
        assert visits[NOBODY].get(page).status_code == 200, page
    assert visits[NOBODY].get("/assets/../secret").status_code == 404
    for name in PODS:
        assert name not in visits[NOBODY].get("/").text


@pytest.mark.parametrize("role", list(PARTIES))
def test_each_role_sees_the_pages_that_rest_gives_it(
    day: Day, visits: dict[str, Visit], role: str
) -> None:
    wrong: list[tuple[object, ...]] = []
    for page, route in PAGES.items():
        address = _address(day, page)
        shown = visits[role].get(address)
        if route is None:
            expected = 200
        else:
            method, _, path = route.partition(" ")
            path = path.format(**_names(day, OWN_POD, PARTIES[role]))
            expected = day.server.call(PARTIES[role], method, path, timeout=60).status_code
        if role == "customer" and page in HOMEWARD:  # test_household_pages: where to
            expected = 303
        if shown.status_code != expected:
            wrong.append((address, shown.status_code, expected))
        if expected >= 400 and not _is_told_in_words(shown):
            wrong.append((address, shown.headers["content-type"], shown.text[:200]))
    assert wrong == []


@pytest.mark.parametrize("role", list(PARTIES))
def test_the_menu_leads_nobody_to_what_is_refused(visits: dict[str, Visit], role: str) -> None:
    menu = visits[role].get("/account").text.partition("<nav")[2].partition("</nav>")[0]
    led_to = re.findall(r'href="([^"]+)"', menu)
    assert "/" in led_to
    refused = {path: visits[role].get(path).status_code for path in led_to}
    assert {path: code for path, code in refused.items() if code != 200} == {}


def _is_told_in_words(shown: Any) -> bool:
    """Whether a refusal is a page that says what it is, and leads on."""
    if shown.headers["content-type"] == "image/svg+xml":  # in a page of its own a picture says why
        return bool(
            re.search(r"<title>There is no picture</title><text[^>]*>\w[^<]{5,}<", shown.text)
        )
    words = shown.text.partition("<main")[2]
    is_page = shown.headers["content-type"].startswith("text/html")
    return is_page and bool(re.search(r"<h1>\w[^<]{5,}</h1>", words)) and " href=" in words


@pytest.mark.parametrize("role", ["TSO", "aggregator", "customer"])
def test_nothing_foreign_stands_on_a_page(day: Day, visits: dict[str, Visit], role: str) -> None:
    foreign = {"TSO": PODS.keys() - {OWN_POD}, "customer": PODS.keys() - {OWN_POD}}
    names = foreign.get(role, {pod for pod, owner in PODS.items() if owner != "ACEAE"})
    for page in PAGES:
        asked = _address(day, page, FOREIGN_POD)
        text = visits[role].get(asked).text
        for name in names - {FOREIGN_POD if FOREIGN_POD in asked else ""}:
            assert name not in text, (asked, name)
    shown = visits[role].get(f"/pods/{FOREIGN_POD}?day=2021-06-23")
    assert shown.status_code == 403
    assert "ACEAE_2" not in shown.text


def test_pages_show_the_day_that_was_traded(day: Day, visits: dict[str, Visit]) -> None:
    session = visits["MO"].get(_address(day, "/market/{session_id}")).text
    for figure in ("376.74", "207.66", "30.07 of 19.6 A", "the grid cannot take all of it"):
        assert figure in session, figure
    assert session.count("settled</span>") >= 3
    assert "need 1\u202f376.74 kW" in session
    money = visits["MO"].get("/money").text
    assert "All balances together: " in money
    home = visits["customer"].get("/app?day=2021-06-23").text
    assert "12:30 to 12:45: your flexibility was sold. Your home is to draw 207.66 kW" in home
    assert "1.921951024" in home
    assert OWN_POD in home


def test_delivery_and_estimate_are_those_of_rest(day: Day, visits: dict[str, Visit]) -> None:
    """The change that was sold stands beside what was measured; each suspect is named."""
    shown = visits["aggregator"].get("/portfolio/delivery?day=2021-06-23").text
    sold = day.server.get("ACEAE", "/api/aggregator/dispatch/2021-06-23")["pods"]
    assert {each["podId"] for each in sold} == {
        pod for pod, owner in PODS.items() if owner == "ACEAE"
    }
    for each in sold:
        assert each["podId"] in shown
    assert shown.count(">delivered</span>") + shown.count(">deviates</span>") == 3
    run = day.server.get("DSO", "/api/dso/stateEstimation")
    page = html.unescape(visits["DSO"].get("/grid/estimate").text)
    assert run["version"] in page
    test = run["estimate"]["quality"]["test"]
    assert test["degreesOfFreedom"] == 0  # the day's meters measure nothing twice
    assert "nothing can be tested" in page
    assert "measurements agree" not in page
    worst = max(each["loadingPercent"] or 0 for each in run["estimate"]["branches"])
    assert f"{worst:.1f} %" in page
    for each in run["estimate"]["quality"]["suspects"]:
        assert f"{each['normalisedResidual']:.3g}" in page


def test_a_payment_is_verified_from_the_session_on(day: Day, visits: dict[str, Visit]) -> None:
    session = visits["MO"].get(_address(day, "/market/{session_id}")).text
    payments = re.findall(r'href="(/proof\?id=[^"]+)">payment', session)
    assert len(payments) == 3
    told = [visits["MO"].get(html.unescape(each)).text for each in payments]
    assert all("<strong>✓ Proven.</strong>" in each for each in told)
    assert any("1.921951024 tokens to the customer" in each for each in told)
    file = visits["customer"].get(_address(day, "/proof/file?id={reading}&owner=MDA"))
    assert verify_file(file.content).is_valid
    shown = visits["customer"].get(_address(day, "/proof?id={reading}&owner=MDA")).text
    assert "<strong>✓ Proven.</strong>" in shown
    assert "A device signed the text" in shown


def test_forms_of_other_sites_and_visits_are_refused(visits: dict[str, Visit]) -> None:
    visit = visits["MO"]
    csrf = {"csrf": hidden(visit.get("/account").text)["csrf"]}
    for path in FORMS:
        for form, headers in (
            ({"day": "2021-07-01"}, OWN_PAGE),
            ({"csrf": "0" * 64}, OWN_PAGE),
            (csrf, {"Sec-Fetch-Site": "cross-site"}),
            (csrf, {"Origin": "https://evil.example"}),
            (csrf, {}),
        ):
            answer = visit.http.post(path, data=form, headers=headers)
            assert answer.status_code == 403, (path, form, headers, answer.text)
    assert visit.get("/account").status_code == 200  # still signed in


def test_a_form_of_one_person_is_not_taken_from_another(visits: dict[str, Visit]) -> None:
    page = visits["DSO"].get("/account").text
    stolen = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": stolen, "day": "2021-07-01", "kind": "dayAhead"}
    answer = visits["MO"].http.post("/market", data=form, headers=OWN_PAGE)
    assert answer.status_code == 403


def test_pages_load_nothing_foreign_and_hold_no_script_or_style(
    day: Day, visits: dict[str, Visit]
) -> None:
    for page in PAGES:
        if page.partition("?")[0].endswith((".csv", ".svg", ".zip", "/picture")) or "/file" in page:
            continue
        answer = visits["MO"].get(_address(day, page))
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, page
        assert "unsafe" not in policy, page
        assert answer.headers["cache-control"] == "no-store", page
        text = answer.text
        assert "<script>" not in text, page
        assert " style=" not in text, page
        assert " on" + "click" not in text, page
        assert "http://" not in text, page
        assert "https://" not in text, page


def test_the_picture_of_the_network_cannot_reach_the_pages(
    day: Day, visits: dict[str, Visit]
) -> None:
    answer = visits["DSO"].get(_address(day, "/grid/{network_id}/picture"))
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in policy


def test_cookies_are_for_this_server_over_tls_and_not_for_scripts(day: Day) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    try:
        begun = visit.get("/sign-in")
        page = visit.get(begun.headers["location"])
        assert "set-cookie" not in page.headers
        visit.sign_in("TSO")
        for cookie in visit.http.cookies.jar:
            assert cookie.name.startswith("__Host-")
            assert cookie.secure
            assert cookie.has_nonstandard_attr("HttpOnly")
        told = begun.headers["set-cookie"].lower()
        assert "samesite=lax" in told
        assert "path=/" in told
        assert "domain" not in told
    finally:
        visit.close()


def test_an_auditor_is_asked_for_a_case_and_it_is_recorded(day: Day) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    try:
        visit.sign_in("AUDITOR")
        asked = visit.get("/market")
        assert (asked.status_code, "Which case do you look into?" in asked.text) == (403, True)
        of_day = visit.get("/market?day=2021-06-23&status=settled")
        assert 'name="then" value="/market?day=2021-06-23&amp;status=settled"' in of_day.text
        wrong = visit.send("/market", "/case", case="two words", then="/market")
        kept = ('value="two words"', 'name="then" value="/market"', "A case is one word")
        assert (wrong.status_code, [each for each in kept if each not in wrong.text]) == (422, [])
        led = visit.send("/market", "/case", case="2021-99", then="/market")
        assert (led.status_code, led.headers["location"]) == (303, "/market")
        assert visit.get("/market").status_code == 200
        for elsewhere in ("//evil.example", "https://evil.example"):
            led = visit.send("/account", "/case", case="2021-99", then=elsewhere)
            assert led.headers["location"] == "/"
        log = day.server.get("DPO", "/api/identity/accesses?case=2021-99")["accesses"]
        assert (log[0]["partyId"], log[0]["clientId"]) == ("AUDITOR", "person:AUDITOR")
        assert "GET /api/marketSession" in {each["call"] for each in log}
    finally:
        visit.close()


def test_a_sign_in_that_is_ended_elsewhere_ends_here(day: Day, visits: dict[str, Visit]) -> None:
    def listed() -> set[str]:
        page = visits["MDA"].get("/account").text
        return {part.partition('"')[0] for part in page.split('name="id" value="')[1:]}

    def is_signed_in(visit: Visit) -> bool:
        return visit.get("/account").status_code == 200

    first, second = (Visit(day.server.base_url, day.server.data) for _ in range(2))
    try:
        before = listed()
        first.sign_in("MDA")
        (of_first,) = listed() - before
        second.sign_in("MDA")
        (of_second,) = listed() - before - {of_first}
        assert second.send("/account", "/account/end", id=of_first).status_code == 303
        assert (is_signed_in(first), is_signed_in(second)) == (False, True)
        second.send("/account", "/account/end", id=of_second)
        assert not is_signed_in(second)
        assert listed() == before
    finally:
        first.close()
        second.close()


def test_nobody_ends_anothers_sign_in(visits: dict[str, Visit]) -> None:
    page = visits["DSO"].get("/account").text
    foreign = page.partition('name="id" value="')[2].partition('"')[0]
    refused = visits["TSO"].send("/account", "/account/end", id=foreign)
    assert refused.status_code == 404
    assert visits["DSO"].get("/account").status_code == 200
    assert foreign in visits["DSO"].get("/account").text


def test_signing_out_ends_the_sign_in(day: Day) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    try:
        visit.sign_in("DPO")
        kept = {each.name: each.value for each in visit.http.cookies.jar}
        assert visit.send("/account", "/sign-out").status_code == 303
        assert visit.get("/account").status_code == 303
        copied = "; ".join(f"{name}={value}" for name, value in kept.items())
        again = visit.http.get("/account", headers={"Cookie": copied})
        assert again.status_code == 303  # a copy of the cookie is of no use either
    finally:
        visit.close()


@pytest.mark.parametrize(
    "query",
    ["?code=x&state=y", "?code=x", "", "?error=access_denied&state=z", "?code=x&state=y&iss=evil"],
)
def test_an_answer_that_was_not_asked_for_signs_nobody_in(
    visits: dict[str, Visit], query: str
) -> None:
    answer = visits[NOBODY].get(f"/signed-in{query}")
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_after_signing_in_nobody_is_led_elsewhere(day: Day, then: str) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    try:
        begun = visit.http.get("/sign-in", params={"then": then})
        page = visit.get(begun.headers["location"])
        form = hidden(page.text.partition("<form")[2].partition("</form>")[0])
        back = visit.http.post("/oauth2/authorize", data=form | {"press": "TSO"}, headers=OWN_PAGE)
        assert visit.get(back.headers["location"]).headers["location"] == "/"
    finally:
        visit.close()


def test_addresses_of_another_name_are_led_to_the_own_one(visits: dict[str, Visit]) -> None:
    visit = visits[NOBODY]
    answer = visit.http.get("/sign-in", headers={"Host": "localhost:1"})
    assert answer.headers["location"] == f"{str(visit.http.base_url).rstrip('/')}/sign-in"


@pytest.mark.parametrize("role", [NOBODY, "MO", "customer"])
def test_an_address_without_a_page_is_told_to_people_in_words_and_to_programs_as_a_problem(
    visits: dict[str, Visit], role: str
) -> None:
    for path in ("/marekt", "/grid/a/b/c/d", "/api/none", "/assets/none.css"):
        shown = visits[role].http.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert shown.status_code == 404
        assert _is_told_in_words(shown), path
        assert f"Nothing is at {path}." in shown.text
        told = visits[role].get(path)
        assert (told.status_code, told.json()["status"]) == (404, 404)
        assert told.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/market?day=never", "/pods/x?day=9999-99-99", "/app?day=1"])
def test_nonsense_is_refused_as_a_page(visits: dict[str, Visit], path: str) -> None:
    answer = visits["customer" if path.startswith("/app") else "MO"].get(path)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"].startswith("text/html")
