"""Pages lead nobody to what is refused, and tell whose figures they show."""

import re
from collections.abc import Iterator

import pytest

from .page_visit import Visit
from .rights_day import Day
from .rights_table import PARTIES

LED_TO = {
    "MO": {"pods", "service"},
    "DSO": {"pods", "service"},
    "TSO": {"service"},
    "aggregator": {"pods", "service"},
    "auditor": {"pods", "service"},
}
"""The kinds of things that a session's page leads a role to."""


@pytest.fixture
def visit(day: Day) -> Iterator[Visit]:
    made = Visit(day.server.base_url, day.server.data)
    yield made
    made.close()


@pytest.mark.parametrize("role", list(LED_TO))
def test_a_session_leads_nobody_to_what_is_refused(day: Day, visit: Visit, role: str) -> None:
    visit.sign_in(PARTIES[role])
    if role == "auditor":
        visit.send("/account", "/case", case="2021-7", then="/account")
    shown = visit.get(f"/market/{day.session}").text
    led_to = set(re.findall(r'href="(/(?:service|pods)/[^"#]+)"', shown))
    answers = {path: visit.get(path).status_code for path in led_to}
    assert {path: code for path, code in answers.items() if code != 200} == {}
    assert {path.split("/")[1] for path in led_to} == LED_TO[role]


@pytest.mark.parametrize("role", list(LED_TO))
def test_the_dso_reads_that_what_was_sold_is_not_for_it_alone(
    day: Day, visit: Visit, role: str
) -> None:
    """It sees all trades, which it checks, and only its own payments; the TSO only its own."""
    visit.sign_in(PARTIES[role])
    if role == "auditor":
        visit.send("/account", "/case", case="2021-7", then="/account")
    shown = visit.get(f"/market/{day.session}").text
    assert ("All parties' together" in shown) == (role == "DSO")
