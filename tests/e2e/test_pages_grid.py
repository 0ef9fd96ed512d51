"""The grid's pages on the day that was traded: outages, requests, and every link of each page."""

import csv
import html
import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from .page_visit import Visit
from .rights_day import Day
from .rights_table import PARTIES

NETWORK = "italy-tor-di-valle"
BEGUN = (
    "/grid?day=2021-06-23",
    "/grid/requests?day=2021-06-23",
    f"/grid/{NETWORK}/outages?day=2021-06-23",
    f"/grid/{NETWORK}/day?day=2021-06-23",
    f"/grid/{NETWORK}/versions",
    "/grid/estimate",
)
_LINK = re.compile(r'(?:href|src)="(/[^"#]*)')


@pytest.fixture(scope="module")
def visits(day: Day) -> Iterator[dict[str, Visit]]:
    made = {
        role: Visit(day.server.base_url, day.server.data)
        for role in ("DSO", "TSO", "MO", "aggregator", "auditor")
    }
    try:
        for role, visit in made.items():
            visit.sign_in(PARTIES[role])
        made["auditor"].send("/account", "/case", case="2021-7", then="/account")
        yield made
    finally:
        for each in made.values():
            each.close()


def _ended(visit: Visit, address: str, most_s: float = 120.0) -> str:
    """The page of a calculation, once that has ended."""
    until_s = time.monotonic() + most_s
    while True:
        page = visit.get(address)
        assert page.status_code == 200, page.text
        if ">queued<" not in page.text and ">running<" not in page.text:
            return html.unescape(page.text)
        assert time.monotonic() < until_s, page.text
        time.sleep(0.2)


def _asked(visit: Visit, **typed: str) -> str:
    """The address of a study of outages that was asked for by the form."""
    path = f"/grid/{NETWORK}/outages"
    led = visit.send(path, path, day="2021-06-23", **typed)
    assert led.status_code == 303, led.text
    return led.headers["location"]


def test_every_link_of_the_grids_pages_leads_somewhere(visits: dict[str, Visit]) -> None:
    """Also those of the pages that they lead to within the grid, and while nothing is estimated."""
    visit = visits["DSO"]
    left, followed = list(BEGUN), dict[str, int]()
    while left:
        address = left.pop()
        if address in followed:
            continue
        answer = visit.get(address)
        followed[address] = answer.status_code
        is_page = answer.headers["content-type"].startswith("text/html")
        if not is_page or not address.startswith("/grid") or "/picture" in address:
            continue
        links = [html.unescape(each) for each in _LINK.findall(answer.text)]
        left += [each for each in links if not re.search("day=(?!2021-06-23)", each)]
    assert {each: status for each, status in followed.items() if status != 200} == {}
    for stage in ("forecast", "validated"):
        assert f"/grid/{NETWORK}/picture?day=2021-06-23&stage={stage}" in followed
    assert len(followed) > 30


def test_a_link_leads_somewhere_before_anything_is_estimated(
    server_at: Callable[[datetime], Any],
) -> None:
    server = server_at(datetime(2021, 6, 22, 8, 30, tzinfo=UTC))
    visit = Visit(server.base_url, server.data)
    try:
        visit.sign_in("DSO")
        links = {html.unescape(each) for each in _LINK.findall(visit.get("/grid").text)}
        assert "/grid/estimate" in links
        assert {each: visit.get(each).status_code for each in links} == dict.fromkeys(links, 200)
        assert "No state was estimated yet." in visit.get("/grid/estimate").text
    finally:
        visit.close()


def test_all_outages_of_a_day_are_ranked_as_rest_ranks_them(
    day: Day, visits: dict[str, Visit]
) -> None:
    visit = visits["DSO"]
    address = _asked(visit, resupply="yes")
    page = _ended(visit, address)
    question = {"startTime": "2021-06-22T22:00:00Z", "networkId": NETWORK}
    told = day.server.call("DSO", "POST", "/api/dso/outages", question, timeout=90).json()
    assert len(told["outages"]) > 5
    places = [page.index(each["element"]) for each in told["outages"]]
    assert places == sorted(places)
    for each in told["outages"]:
        assert each["name"] in page
        for island in each["islands"]:
            assert f"{island['lostKwh']:,.2f}".replace(",", "\u202f").rstrip("0") in page
    rows = list(csv.DictReader(io.StringIO(visit.get(f"{address}/outages.csv").text)))
    dark = [row for row in rows if row["what_follows"] == "without supply"]
    assert [(row["out_of_service"], row["elements"].split(), row["lost_kwh"]) for row in dark] == [
        (each["element"], island["consumers"], str(round(island["lostKwh"], 9)))
        for each in told["outages"]
        for island in each["islands"]
    ]
    assert f'<a href="{address}">Outages</a>' in visit.get("/grid").text


def test_only_named_elements_fail_and_a_slip_is_told(visits: dict[str, Visit]) -> None:
    visit = visits["DSO"]
    line = "line/81823-AD001090035"
    page = _ended(visit, _asked(visit, branches=f"{line} line/12157-12149"))
    assert page.count(' scope="row"') == 2
    slip = _ended(visit, _asked(visit, branches="line/none"))
    assert "line/none" in slip
    assert ">failed<" in slip
    alarms = html.unescape(visit.get("/grid?day=2021-06-23").text)
    begun = f"/grid/{NETWORK}/outages?day=2021-06-23&branch=line/81823-AD001090035"
    assert begun in alarms
    assert f'value="{line}" checked' in visit.get(begun).text


@pytest.mark.parametrize(
    "typed",
    [
        {"branches": " , "},
        {"least": "0.9"},
        {"least": "much", "most": "1.1"},
        {"day": "never"},
    ],
)
def test_a_form_that_cannot_be_read_stays_as_it_was_typed(
    visits: dict[str, Visit], typed: dict[str, str]
) -> None:
    path = f"/grid/{NETWORK}/outages"
    shown = visits["DSO"].send(path, path, **({"day": "2021-06-23"} | typed))
    assert shown.status_code == 422
    assert "It was not taken" in shown.text
    if "least" in typed:
        assert f'value="{typed["least"]}"' in shown.text


def test_nobody_but_the_dso_has_outages_calculated(visits: dict[str, Visit]) -> None:
    path = f"/grid/{NETWORK}/outages"
    for role in ("TSO", "MO", "aggregator", "auditor"):
        answer = visits[role].send("/account", path, day="2021-06-23")
        assert answer.status_code == 403, role
    assert "Only the DSO has outages calculated." in visits["auditor"].get(path).text
    address = _asked(visits["DSO"], branches="line/12157-12149")
    _ended(visits["DSO"], address)
    assert visits["MO"].get(address).status_code == 404  # a calculation is its owner's
    assert visits["MO"].get(f"{address}/outages.csv").status_code == 404


def test_a_calculation_is_cancelled(visits: dict[str, Visit]) -> None:
    visit = visits["DSO"]
    address = _asked(visit)
    led = visit.send("/account", f"{address}/cancel")
    assert (led.status_code, led.headers["location"]) == (303, "/grid#calculations")
    assert visit.get(address).status_code == 404


def test_a_day_tells_what_was_broken_asked_and_sold(visits: dict[str, Visit]) -> None:
    """Published figures of the day (D2.4): 259.54 of 212.8 A, 30.07 of 19.6 A, 1376.74 kW."""
    page = html.unescape(visits["DSO"].get("/grid/requests?day=2021-06-23").text)
    before = page.partition("<h2>Before and after</h2>")[2].partition("<h2>")[0]
    for figure in ("259.54", "212.8", "30.07", "19.6", ">cured<", ">kept from breaking<"):
        assert figure in before, figure
    asked = page.partition("<h2>Sessions and requests</h2>")[2]
    assert "5\u202f771.04" in asked  # the group's total, kW
    assert asked.count("\u2212344.19") == 2  # a quarter-hour of 1376.74 kW: needed, and sold
    assert "IT002E60974469, IT002E60976796, IT002E61899978" in asked


def test_a_day_is_drawn_as_forecast_and_as_checked(day: Day, visits: dict[str, Visit]) -> None:
    """The field test's cable is overloaded in the forecast, and bears what is left after it."""
    picture = f"/api/dso/networks/{NETWORK}/picture?startTime=2021-06-22T22:00:00Z&format=svg"
    forecast = day.server.call("DSO", "GET", f"{picture}&trades=false", timeout=60).text
    assert "259.5 A, limit 212.8 A" in forecast  # D3.6 4.3.3
    checked = day.server.call("DSO", "GET", picture, timeout=60).text
    assert "limit 212.8 A" not in checked
    page = f"/grid/{NETWORK}/day.svg?day=2021-06-23&stage="
    assert "no branch is beyond its limit" in visits["DSO"].get(page + "validated").text
    assert "no branch is beyond its limit" not in visits["DSO"].get(page + "forecast").text
    alarms = html.unescape(visits["DSO"].get("/grid?day=2021-06-23").text)
    at = f"/grid/{NETWORK}/picture?day=2021-06-23&stage=forecast#at=50&element=line%2F81823"
    assert f'href="{at}' in alarms
    assert f"/grid/{NETWORK}/outages?day=2021-06-23&branch=line" in alarms


def test_a_day_that_cannot_be_drawn_says_why(visits: dict[str, Visit]) -> None:
    """A browser would show a broken image for anything that is none."""
    answer = visits["DSO"].get("/grid/nowhere/day.svg?day=2021-06-23")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "image/svg+xml")
    drawn = " ".join(re.findall("<text[^>]*>([^<]*)</text>", answer.text))
    assert "nowhere" in drawn


def test_the_elements_of_a_network_are_marked(day: Day, visits: dict[str, Visit]) -> None:
    """Nobody has to type what the network file knows."""
    told = day.server.get("DSO", f"/api/dso/networks/{NETWORK}/branches", timeout=60)
    file = day.server.get("DSO", f"/api/dso/networks/{NETWORK}")
    known = {each["id"]: each["name"] for each in (*file["lines"], *file["transformers"])}
    assert {each["id"]: each["name"] for each in told["branches"]} == known
    visit, path = visits["DSO"], f"/grid/{NETWORK}/outages"
    page = html.unescape(visit.get(f"{path}?branch=line/12157-12149").text)
    boxes = re.findall(r'name="(branch\.[0-9]+)" value="([^"]+)"( checked)?', page)
    assert {value for _, value, _ in boxes} == known.keys()
    assert [value for _, value, checked in boxes if checked] == ["line/12157-12149"]
    field = {value: name for name, value, _ in boxes}["line/12157-12149"]
    result = _ended(visit, _asked(visit, **{field: "line/12157-12149"}))
    assert f"other outages of {NETWORK}" in result
    assert ">1<" in result  # one outage was looked at
