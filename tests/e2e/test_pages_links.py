"""Pages lead nobody to what is refused, and tell whose figures they show."""

import re

import pytest

from .page_visit import Visit
from .rights_day import OWN_POD, Day
from .rights_table import PARTIES


@pytest.mark.parametrize("role", ["MO", "DSO", "TSO", "aggregator", "auditor"])
def test_a_session_leads_nobody_to_what_is_refused(day: Day, role: str) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    try:
        visit.sign_in(PARTIES[role])
        if role == "auditor":
            visit.send("/account", "/case", case="2021-7", then="/account")
        shown = visit.get(f"/market/{day.session}").text
        led_to = set(re.findall(r'href="(/(?:service|pods)/[^"#]+)"', shown))
        answers = {path: visit.get(path).status_code for path in led_to}
        assert {path: code for path, code in answers.items() if code != 200} == {}
        assert led_to or role == "TSO"
        assert ("All parties' together" in shown) == (role in {"DSO", "TSO"})
    finally:
        visit.close()


def test_a_day_that_is_not_measured_yet_has_no_energy(day: Day) -> None:
    visit = Visit(day.server.base_url, day.server.data)
    try:
        visit.sign_in("MO")
        measured = visit.get(f"/pods/{OWN_POD}?day=2021-06-23").text
        assert "Measured: " in measured
        assert "Measured: " not in visit.get(f"/pods/{OWN_POD}?day=2021-06-24").text
    finally:
        visit.close()
