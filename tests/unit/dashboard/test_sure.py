"""What cannot be undone on a page is asked twice, without a script."""

import re
from pathlib import Path

import pytest

import platone.dashboard

TEMPLATES = Path(platone.dashboard.__file__).with_name("template")
FINAL = re.compile(
    r"<form[^>]*action=\"(/[^\"]*?/(?:remove|withdraw|secret|order|agreements/end|invoices"
    r"|second-factor/codes|second-factor/off))\""
)
FOLDED = re.compile(r"\{%-? call (?:part\.)?sure\(.*?\{%-? endcall %\}", re.DOTALL)
COUNTS = {
    "account": 1,
    "agreements": 1,
    "home_people": 3,
    "money": 1,
    "part": 1,
    "people": 4,
    "second_factor": 2,
    "session": 1,
}
"""Forms of each page that nothing undoes: people, keys, agreements, orders, withdrawals, bills."""


@pytest.mark.parametrize("page", sorted(each.name for each in TEMPLATES.glob("*.j2")))
def test_each_final_press_is_folded_behind_another_one(page: str) -> None:
    name, markup = page.removesuffix(".html.j2"), (TEMPLATES / page).read_text()
    if name == "first_day":  # its orders are of a macro, which answers and closes
        markup = re.sub(r"\{% macro order\(.*?\{% endmacro %\}", "", markup, flags=re.DOTALL)
        folded = "".join(FOLDED.findall(markup))
        assert 'order("close"' in folded
        assert 'order("takeAll"' in folded
    asked = FOLDED.findall(markup)
    assert len(FINAL.findall(markup)) == COUNTS.get(name, 0)
    assert sum(len(FINAL.findall(each)) for each in asked) == COUNTS.get(name, 0)
