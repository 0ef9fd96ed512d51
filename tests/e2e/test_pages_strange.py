"""Hostile and strange content in every field that is shown: it stays text, and breaks no page."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest

import platone.demo.italy

from .browser import Window, picture_name, running_browser
from .page_list import LOOKED_AT
from .page_visit import Visit
from .rights_day import OWN_POD
from .rights_table import PARTIES
from .shown_day import OPEN, Shown, started
from .strange_text import STRANGE, variants
from .test_pages_rights import PAGES

PHONE = 390
NETWORK = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
_MADE = "img[src='x'], main script:not([src]), [onfocus], [onerror], a[href^='javascript:' i]"
_SWEPT_ALONG = r"""() => {
  const found = [], controls = /[\u202a-\u202e\u2066-\u2069]/;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!controls.test(node.data) || !node.data.includes('left open')) continue;
    let apart = node.parentElement;
    while (!getComputedStyle(apart).unicodeBidi.startsWith('isolate')) apart = apart.parentElement;
    const after = document.createRange();
    after.setStart(node, node.data.search(/left open/));
    after.setEndAfter(apart.lastChild);
    const rest = after.toString().replace(/left open[a-z]?\d*/, '').trim();
    if (rest) found.push(`${apart.tagName}: ${rest.slice(0, 80)}`);
  }
  return found; }"""
"""Words of ours that stand after an order of letters which was left open, and follow it."""


@dataclass(frozen=True)
class Strange:
    """A server that was told strange things, and what it took, by method and field."""

    shown: Shown
    taken: dict[str, list[str]]


@pytest.fixture(scope="module")
def strange(
    finished_day: Path, server_on: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Strange]:
    with started(finished_day, server_on, tmp_path_factory.mktemp("strange")) as shown:
        yield Strange(shown, told(shown))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


def told(shown: Shown) -> dict[str, list[str]]:
    """Send good calls with strange texts in them; what was taken, by method and field."""
    document = shown.server.described.document
    names = shown.names | {"session_id": shown.names["open_session"], "letter_id": "1"}
    taken: dict[str, list[str]] = {}
    for mark, (party, method, route, make) in zip(ascii_lowercase, CALLS, strict=False):
        for field, text, body in variants(document, method, route, make, mark):
            answer = shown.server.call(party, method.upper(), route.format(**names), body)
            assert answer.status_code < 500, answer.text
            if answer.status_code < 300 and '"refused"' not in answer.text:
                taken.setdefault(f"{route} {field}", []).append(text)
    return taken


def _offer(number: int) -> Any:
    point = {"index": number % 96, "p": 410, "pPrice": 0.05}
    entry = {"pod": [OWN_POD], "power": [point]}
    offer = {"playerId": "ACEAE", "serviceType": "offer", "playerServiceId": f"o{number}"}
    return offer | OPEN | {"flexibility": [entry]}


def _order(number: int) -> Any:
    return {"action": "extendGate", "reason": "late", "until": f"2021-07-02T15:{number:02}:00Z"}


def _text(_number: int) -> Any:
    return {"text": "The meter was read."}


def _paid(number: int) -> Any:
    payment = {"role": "requester", "partyId": "TSO", "amount": "0.01"}
    return payment | {"paymentId": f"p{number}"}


def _pods(number: int) -> Any:
    pod = {"podId": f"IT001E0000010{number}", "aggregatorId": "ACEAE", "pnP": 50}
    return {"pods": [pod | {"poMId": "PoM-1", "smartContractId": "none", "zone": "CSUD"}]}


def _network(number: int) -> Any:
    network = json.loads(NETWORK.read_bytes())
    network["lines"][1] |= {"name": STRANGE["markup"], "limitA": 230.0}
    network["lines"][2] |= {"name": STRANGE["long word"]}
    return network | {"version": f"3.{number}", "description": "A field test"}


def _reason(_number: int) -> Any:
    return {"reason": "The meter was replaced."}


def _closing(_number: int) -> Any:
    return {"outcome": "rejected", "text": "It fits."}


CALLS = (
    ("ACEAE", "post", "/api/flexibilityService", _offer),
    ("MO", "post", "/api/marketSession/{session_id}/override", _order),
    ("ACEAE", "post", "/api/settlementDispute/{dispute_id}/answer", _text),
    ("MO", "post", "/api/books/payments", _paid),
    ("ACEAE", "post", "/api/scd/pods", _pods),
    ("DSO", "put", "/api/dso/networks/{network_id}", _network),
    ("MDA", "post", "/api/access/deadLetters/{letter_id}/closing", _reason),
    ("MO", "post", "/api/settlementDispute/{dispute_id}/closing", _closing),
)
"""Calls that are taken as they are, by all who tell something that others read."""


def test_nothing_that_was_told_runs_or_breaks_a_page(strange: Strange, browser: Any) -> None:
    shown, wrong, read = strange.shown, list[str](), list[str]()
    for person, pages in LOOKED_AT.items():
        window = Window(browser, shown.server.base_url, width=PHONE, is_still=True)
        try:
            if person:
                window.sign_in(person)
            for page in pages:
                window.open(shown.address(page))
                wrong += [f"{person} {page}: {each}" for each in _broken(window)]
                read.append(window.page.evaluate("document.body.textContent"))
                window.picture(picture_name(person, page, "strange"))
        finally:
            window.close()
    assert wrong == []
    text = "\n".join(read)
    assert "49" not in re.findall(r"\{\{7\*7\}\}\$\{(..)", text)
    seen = {field for field, texts in strange.taken.items() if any(each in text for each in texts)}
    assert seen >= {
        "/api/flexibilityService playerServiceId",
        "/api/marketSession/{session_id}/override reason",
        "/api/settlementDispute/{dispute_id}/answer text",
        "/api/books/payments paymentId",
        "/api/dso/networks/{network_id} version",
        "/api/access/deadLetters/{letter_id}/closing reason",
    }
    for kind, strange_text in STRANGE.items():
        assert strange_text in text, kind


def _broken(window: Window) -> Iterator[str]:
    page = window.page
    if (made := page.locator(_MADE).count()) > 0:
        yield f"{made} elements were made"
    yield from window.faults
    yield from window.foreign
    window.faults.clear()
    if (across := page.evaluate("document.documentElement.scrollWidth")) > PHONE:
        yield f"{across} px wide"
    yield from page.evaluate(_SWEPT_ALONG)


def test_no_cell_of_a_file_is_calculated(strange: Strange) -> None:
    """Of all tables, as each role: a spreadsheet takes what begins so for a formula."""
    shown, cells = strange.shown, set[str]()
    for party in PARTIES.values():
        visit = Visit(shown.server.base_url, shown.server.data)
        try:
            visit.sign_in(party)
            names = shown.names | {"session_id": shown.names["open_session"]}
            for page in PAGES:
                if ".csv" not in page:
                    continue
                file = visit.get(page.format(**names))
                if file.status_code == 200:
                    cells |= {
                        cell
                        for row in csv.reader(io.StringIO(file.text, newline=""))
                        for cell in row
                    }
        finally:
            visit.close()
    assert any(STRANGE["formula"] in each for each in cells)
    number = re.compile(r"[+-]?[\d.]+(e[+-]?\d+)?")
    assert [
        each for each in cells if re.match(r"[=+\-@\t\r]", each) and not number.fullmatch(each)
    ] == []
