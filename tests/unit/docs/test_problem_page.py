import inspect
from pathlib import Path
from typing import Any

import pytest

from platone.access.domain import message, validation
from platone.bootstrap.interface import route_problems
from platone.grid.problem.network import FaultKind
from platone.kernel import reading_interval, record_time
from platone.market.domain.rejection import Rejection


@pytest.fixture(scope="module")
def page(tool: Any) -> Any:
    return tool("problem_page")


def test_page_is_current(page: Any, docs: Path) -> None:
    """Mend with: python tools/problem_page.py."""
    assert (docs / "reference" / "problems.md").read_text("utf-8") == page.make()


def test_slugs_are_unique(page: Any) -> None:
    slugs = [kind.slug for kind in page.declared()]
    assert len(slugs) > 90
    assert sorted(slugs) == sorted(set(slugs))


def test_each_problem_says_what_it_is(page: Any) -> None:
    for kind in page.declared():
        said = inspect.getdoc(kind) or ""
        assert "slug" in vars(kind), kind
        assert said.split("\n\n")[0].endswith("."), kind
        assert len(said.split()) >= 6, kind
        assert kind.title[0].isupper(), kind
        assert "`:" not in page._plain(kind), kind


def test_routes_name_problems_that_exist(page: Any) -> None:
    known = {kind.slug for kind in page.declared()}
    routes = route_problems()
    named = {slug for slugs in routes.values() for slug in slugs}
    assert named <= known, named - known
    for slugs in routes.values():
        assert len(slugs) == len(set(slugs))


def test_mqtt_page_names_all_refusals_of_readings(rows: Any, page: Any) -> None:
    reasons = {row[0].strip("`") for row in rows("mqtt.md") if len(row) == 2}
    rules = (message, validation, reading_interval, record_time)
    checks = {name for each in rules for name in vars(each)}  # what they raise, they import
    homes = {
        "platone.access.domain.problem",
        "platone.kernel.reading_interval",
        "platone.kernel.record_time",
    }
    refusals = {
        kind.slug
        for kind in page.declared()
        if kind.__module__ in homes and kind.__name__ in checks
    }
    assert len(refusals) >= 11
    assert refusals | {"malformed-message", "signature-invalid"} <= reasons


def test_network_page_names_all_faults(rows: Any) -> None:
    told = {name for row in rows("network-file.md") for name in row[0].replace("`", "").split(", ")}
    assert {kind.value for kind in FaultKind} <= told


def test_market_page_names_all_rejections(rows: Any) -> None:
    told = {row[0].strip("`") for row in rows("market-rules.md")}
    assert {kind.value for kind in Rejection} <= told
