"""Whoever comes new finds on the pages what is there: nothing out of sight, cut, or in codes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Window, running_browser
from .page_list import LOOKED_AT
from .shown_day import Shown

LAPTOP, PHONE = 1280, 390
"""Widths of windows, px."""
_CUT_OFF = """[...document.querySelectorAll('.scroll')].filter((each) => each.checkVisibility()
  && each.scrollWidth > each.clientWidth + 1).map((each) =>
  `${each.getAttribute('aria-label')}: ${each.scrollWidth} of ${each.clientWidth}`)"""
_HALF_SEEN = """[...document.querySelectorAll('input:not([type=hidden], [type=checkbox])')]
  .filter((each) => each.checkVisibility() && each.value && each.scrollWidth > each.clientWidth)
  .map((each) => `${each.id}: ${each.value}`)"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser() as found:
        yield found


@pytest.fixture
def window(shown: Shown, browser: Any) -> Iterator[Window]:
    opened = Window(browser, shown.server.base_url, width=LAPTOP, is_still=True)
    yield opened
    assert (opened.faults, opened.foreign) == ([], [])
    opened.close()


@pytest.mark.parametrize("person", [each for each in LOOKED_AT if each])
def test_every_column_is_in_sight_on_a_laptop(window: Window, shown: Shown, person: str) -> None:
    window.sign_in(person)
    wrong = []
    for page in LOOKED_AT[person]:
        window.open(shown.address(page))
        wrong += [f"{page}: {each}" for each in window.page.evaluate(_CUT_OFF)]
    assert wrong == []


def test_what_auditors_read_is_told_in_words(window: Window) -> None:
    window.sign_in("DPO")
    window.open("/accesses")
    cells = window.page.locator("tbody tr td:last-child")
    assert cells.count() > 0
    told = [each.inner_text().strip() for each in cells.all()]
    assert not any("/api/" in each or "something else" in each for each in told), told
    cells.first.locator("summary").click()
    assert re.match(r"GET /api/", cells.first.locator("code").inner_text())
    window.picture("DPO-accesses-1280-light")


def test_what_was_traded_stands_before_what_was_not(window: Window) -> None:
    window.sign_in("MO")
    window.open("/market")
    states = window.page.locator(
        '[aria-label="Sessions"] tbody tr td:nth-child(3)'
    ).all_inner_texts()
    assert "settled" in states
    assert not {"not traded", "cancelled"} & set(states)
    window.page.locator("#untraded summary").click()
    folded = window.page.locator("#untraded tbody tr td:nth-child(3)").all_inner_texts()
    assert set(folded) <= {"not traded", "cancelled"}


@pytest.mark.parametrize("width", [LAPTOP, PHONE])
def test_the_guides_identifier_is_seen_whole(window: Window, shown: Shown, width: int) -> None:
    window.look(width, "light")
    window.sign_in("DSO")
    window.open(shown.address("/market/{open_session}/offer?id=first-request-2021-07-03-1230"))
    assert window.page.locator("#id").input_value() == "first-request-2021-07-03-1230"
    assert window.page.evaluate(_HALF_SEEN) == []


@pytest.mark.parametrize("role", ["requester", "aggregator"])
def test_an_entry_tells_the_sum_that_its_amount_is(window: Window, role: str) -> None:
    window.sign_in("MO")
    party = {"requester": "DSO", "aggregator": "ACEAE"}[role]
    window.open(f"/money/statement?month=2021-06&party={party}&role={role}")
    rows = window.page.locator('[aria-label="Entries"] tbody tr').all()
    assert rows
    for row in rows:
        amount = float(row.locator("data").first.get_attribute("value") or "")
        told = row.locator(".num .hint").inner_text()
        assert _computed(told) == pytest.approx(amount, abs=1e-12), told


def _computed(told: str) -> float:
    """What a written sum comes to, without its units."""
    text = re.sub(r"€/kWh|kWh|€|^=", "", told.replace("\u202f", "").strip())
    text = text.replace("\u2212", "-").replace("\u00d7", "*")
    text = re.sub(r"([\d.]+) ?%", r"(\1/100)", text)
    assert re.fullmatch(r"[\d.()*/+\- ]+", text), text
    return float(eval(text))  # noqa: S307 - a sum of digits


def test_an_alarm_is_named_as_the_picture_names_it(window: Window, shown: Shown) -> None:
    """The Italian network's branches have names; the identifier stands below, as a detail."""
    window.sign_in("DSO")
    window.open("/grid?day=2021-06-23")
    first = window.page.locator('[aria-label="Alarms"] tbody tr').first
    versions = shown.server.get("DSO", "/api/dso/networks")["networks"]
    names = set()  # that of a branch may differ from version to version
    for each in versions:
        path = f"/api/dso/networks/{each['id']}/branches?version={each['version']}"
        names |= {(one["id"], one["name"]) for one in shown.server.get("DSO", path)["branches"]}
    told = first.locator("th .hint").inner_text(), first.locator("th a").inner_text()
    assert told in names
    assert told[0] != told[1]
