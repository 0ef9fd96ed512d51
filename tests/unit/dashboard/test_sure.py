"""What cannot be undone on the page of people is asked twice, without a script."""

import re
from pathlib import Path

import pytest

import platone.dashboard

TEMPLATES = Path(platone.dashboard.__file__).with_name("template")
FINAL = re.compile(r'action="(/people/(?:remove|withdraw|secret|party/remove))"')


@pytest.mark.parametrize(("page", "count"), [("people.html.j2", 4), ("home_people.html.j2", 3)])
def test_each_final_press_is_folded_behind_another_one(page: str, count: int) -> None:
    markup = (TEMPLATES / page).read_text()
    asked = re.findall(r"\{% call part\.sure\(.*?\{% endcall %\}", markup, re.DOTALL)
    assert len(FINAL.findall(markup)) == count
    assert sum(len(FINAL.findall(each)) for each in asked) == count
