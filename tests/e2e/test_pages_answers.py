"""The questions that each role comes with are answered where it looks first."""

import html
import re
from collections.abc import Iterator

import pytest

from .page_visit import Visit
from .rights_day import Day
from .rights_table import PARTIES

CUT_POD = "IT002E60550189"
"""The customer whose trade the field test's check on the grid cuts (D3.6, 4.3.4)."""


@pytest.fixture(scope="module")
def pages(day: Day) -> Iterator[dict[str, Visit]]:
    made = {
        role: Visit(day.server.base_url, day.server.data)
        for role in ("DSO", "TSO", "MO", "aggregator", "auditor")
    }
    for role, visit in made.items():
        visit.sign_in(PARTIES[role])
    made["auditor"].send("/account", "/case", case="2021-8", then="/account")
    yield made
    for each in made.values():
        each.close()


def _text(visit: Visit, path: str) -> str:
    """A page as it is read, without its marks."""
    answer = visit.get(path)
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", answer.text)).split())


def test_a_dso_sees_at_once_what_is_congested_and_when(pages: dict[str, Visit]) -> None:
    first = _text(pages["DSO"], "/")
    for line, told in (
        ("Mostacciano: 81823–AD001090035", r"259\.54 .{0,3}A of 212\.8 .{0,3}A"),  # noqa: RUF001
        ("Nanchino: 12157–12149", r"30\.07 .{0,3}A of 19\.6 .{0,3}A"),  # noqa: RUF001
    ):
        assert re.search(rf"{line} ?: {told} ?, 12:30", first)
    assert "all limits kept" in first
    assert "Your grid" not in _text(pages["TSO"], "/")


def test_an_aggregator_sees_what_came_of_its_offers(day: Day, pages: dict[str, Visit]) -> None:
    settled = day.server.get("MO", f"/api/settlement/{day.outcome}")
    lines = [line for part in settled["flexibility"] for line in part["power"]]
    net = sum(line["paidP"] - line["penaltyP"] for line in lines)
    first = _text(pages["aggregator"], "/")
    assert "1 taken 1 in part 1 cut by the grid" in first
    assert f"{net:.2f}" in first
    service = day.services[CUT_POD]
    offer = _text(pages["aggregator"], f"/service/{service}")
    assert "cut by the grid" in offer
    assert "line/12157-12149: current would be 30.07 of 19.6 A" in offer


def test_a_session_begins_with_its_sums(day: Day, pages: dict[str, Visit]) -> None:
    settled = day.server.get("MO", f"/api/settlement/{day.outcome}")
    lines = [line for part in settled["flexibility"] for line in part["power"]]
    shown = _text(pages["MO"], f"/market/{day.session}")
    tokens = sum(float(line["customerTokens"]) for line in lines)
    assert f"{tokens:.2f} in tokens to customers" in shown
    assert f"{sum(line['paidP'] for line in lines):.2f}" in shown.partition("All 3 together")[2]


@pytest.mark.parametrize(("role", "is_led"), [("MO", False), ("DSO", False), ("auditor", True)])
def test_whom_rest_refuses_a_reading_is_not_led_there(
    day: Day,
    pages: dict[str, Visit],
    role: str,
    is_led: bool,  # noqa: FBT001
) -> None:
    page = pages[role].get(f"/market/{day.session}").text
    links = [html.unescape(each) for each in re.findall(r'href="(/proof\?id=[^"]*)"', page)]
    assert any("owner=MDA" in each for each in links) == is_led
    assert {each: pages[role].get(each).status_code for each in links} == dict.fromkeys(links, 200)


def test_a_request_tells_what_was_bought_for_it(day: Day, pages: dict[str, Visit]) -> None:
    page = pages["MO"].get(f"/market/{day.session}").text
    path = html.unescape(re.findall(r'href="(/service/DSO[^"]*)"', page)[0])
    final = day.server.get("MO", f"/api/validatedOutcome/{day.outcome}")
    powers = [power for pod in final["flexibility"] for power in pod["power"]]
    kwh = sum(p["acceptedPChange"] for p in powers if p.get("playerRequestId") == "DSO") / 4
    told = _text(pages["DSO"], path)
    assert "Bought in 1 of 1 quarter-hour" in told
    assert f"{abs(kwh):.2f}" in told
