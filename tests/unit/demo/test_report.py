import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import platone.demo.italy
from platone.demo.italy.report import write_report
from platone.demo.scenario import Scenario
from platone.demo.scenario_file import load_scenario

GOLDEN = Path(__file__).with_name("golden_day")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(Path(platone.demo.italy.__file__).with_name("scenario"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "italy"))


class Loads(HTMLParser):
    """Collects everything that a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe", "object", "video", "audio"}:
            self.found.append(tag)
        for name, value in attrs:
            if name in {"src", "srcset", "background"} or name.startswith("on"):
                self.found.append(f"{tag} {name}")
            if name == "href" and not (value or "").startswith("#"):
                self.found.append(f"{tag} {value}")


def test_the_report_loads_nothing_and_runs_nothing(folder: Path, scenario: Scenario) -> None:
    page = write_report(folder, scenario).read_text()
    parser = Loads()
    parser.feed(page)
    assert parser.found == []
    assert "@import" not in page
    assert not re.search(r"url\(", page)


def test_the_report_tells_the_golden_day(folder: Path, scenario: Scenario) -> None:
    page = write_report(folder, scenario).read_text().replace("\u202f", "")
    for figure in ("259.54", "212.80", "5771.039", "1376.741", "30.07", "19.60", "207.662"):
        assert figure in page
    for text in ("7.50 €", "93.0 % delivered", "Synthetic network", "Simulated"):
        assert text in page
    assert len(re.findall(r'<section id="\w+"><h2><i>\d', page)) == 9


def test_every_picture_is_well_formed(folder: Path, scenario: Scenario) -> None:
    page = write_report(folder, scenario).read_text()
    pictures = re.findall(r'<div class="drawn".*?</svg></div>', page, re.DOTALL)
    assert len(pictures) == page.count("<svg") == 16
    for picture in pictures:
        assert ET.fromstring(picture).get("aria-label")  # noqa: S314 - our own picture


def test_names_from_outside_stay_text(folder: Path, scenario: Scenario) -> None:
    requests = json.loads((folder / "requests.json").read_text())
    requests["requests"][0]["playerId"] = "<script>alert(1)</script>"
    (folder / "requests.json").write_text(json.dumps(requests))
    assert "<script>" not in write_report(folder, scenario).read_text()


def test_a_day_without_trades_can_be_told(folder: Path, scenario: Scenario) -> None:
    for name in ("market-outcome", "validated-outcome", "settlement", "technical-outcome"):
        content = json.loads((folder / f"{name}.json").read_text())
        (folder / f"{name}.json").write_text(json.dumps(content | {"flexibility": []}))
    for name, key in (("requests", "requests"), ("offers", "offers"), ("alarms", "alarms")):
        (folder / f"{name}.json").write_text(json.dumps({key: []}))
    (folder / "comparison.json").write_text(json.dumps({"isMet": True, "rows": []}))
    page = write_report(folder, scenario).read_text()
    assert "no limit is broken" in page
    assert "Nothing was traded" in page
