"""Alerts name figures that exist, each has its section in the page, and promtool takes them."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it carries no types
from tests.component import program_or_skip

RULES = Path("deploy") / "prometheus" / "alerts.yml"
_FIRED = ("up", "platone_")


@pytest.fixture(scope="module")
def alerts(root: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load((root / RULES).read_text("utf-8"))
    return [rule for group in content["groups"] for rule in group["rules"]]


def test_every_figure_in_a_rule_is_one_that_a_server_tells(
    alerts: list[dict[str, Any]], rows: Any
) -> None:
    told = {row[0].strip("`"): row for row in rows("metrics.md")}
    for alert in alerts:
        used = re.findall(r"\b(platone_\w+)(?:\{([^}]*)\})?", alert["expr"])
        assert used or "up{" in alert["expr"], alert["alert"]
        for name, selectors in used:
            assert name in told, name
            labels = set(re.findall(r"(\w+)[=!]~?\"", selectors))
            assert labels <= set(told[name][2].split(", ")), name


def test_labels_in_a_summary_are_those_of_its_figure(
    alerts: list[dict[str, Any]], rows: Any
) -> None:
    told = {row[0].strip("`"): row for row in rows("metrics.md")}
    for alert in alerts:
        shown = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
        used = re.findall(r"platone_\w+", alert["expr"])
        known = {word for name in used for word in told[name][2].split(", ")}
        assert shown <= known | {"instance"}, alert["alert"]


def test_each_alert_has_a_section_that_says_what_to_do(
    alerts: list[dict[str, Any]], docs: Path
) -> None:
    text = (docs / "how-to" / "answer-an-alert.md").read_text("utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert list(sections) == [alert["alert"] for alert in alerts]
    assert all(len(words.split()) > 20 for words in sections.values())
    assert {alert["labels"]["severity"] for alert in alerts} == {"page", "ticket"}


def test_prometheus_takes_the_rules(root: Path) -> None:
    done = subprocess.run(  # noqa: S603 - Prometheus' own program
        [program_or_skip("promtool"), "check", "rules", str(root / RULES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
