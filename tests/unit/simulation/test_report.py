"""The report is one page that loads nothing, and tells every indicator of every set of rules."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.unit.simulation.conftest import Run

from platone.simulation.indicator import INDICATORS
from platone.simulation.report import shown, write_report
from platone.simulation.rule_set import RULE_SETS
from platone.simulation.tally import add_up
from platone.simulation.trace import Traces


class Reader(HTMLParser):
    """Collects tags, attributes that could load something, and cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "data"}]
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data.strip())


def traced(week: Run) -> Traces:
    traces = Traces()
    for rules in week.simulation.rules:
        for played, tally in zip(week.days[rules.name], week.tallies[rules.name], strict=True):
            traces.keep(rules, played, tally)
    return traces


@pytest.fixture(scope="module")
def page(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return write_report(folder, week.simulation, week.result, traced(week))


def test_it_is_well_formed_and_loads_nothing(page: Path) -> None:
    reader = Reader()
    reader.feed(page.read_text("utf-8"))
    reader.close()
    assert reader.open == []
    assert reader.loads == []
    assert "script" not in reader.tags
    assert "url(" not in page.read_text("utf-8")
    assert reader.tags.count("svg") > 10


def test_it_tells_every_indicator(page: Path, week: Run) -> None:
    reader = Reader()
    reader.feed(page.read_text("utf-8"))
    for each in INDICATORS:
        assert each.title in reader.text
        for rules in week.simulation.rules:
            value = shown(each.value(add_up(week.tallies[rules.name])))
            assert value in reader.text
    for name in ("italian", "pay-as-bid", "ideal"):
        assert f"as delivered: {RULE_SETS[name].title}" in reader.text


def test_names_of_a_network_are_no_markup(week: Run, tmp_path: Path) -> None:

    network = replace(week.simulation.site.network, name="<b>A & B</b>")
    simulation = replace(week.simulation, site=replace(week.simulation.site, network=network))
    found = write_report(tmp_path, simulation, week.result, traced(week)).read_text("utf-8")
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in found
    assert "<b>A" not in found
