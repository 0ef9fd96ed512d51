"""What the page for contributors names is there."""

import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "CONTRIBUTING.md").read_text("utf-8")


def test_its_make_targets_exist(page: str, root: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?= +#|`)", page))
    assert {"check", "test", "format", "lock", "bench"} <= named
    assert named <= targets


def test_its_files_and_folders_exist(page: str, root: Path) -> None:
    named = re.findall(r"(?:src|tests|tools|docs|contracts|benchmarks|requirements)/[\w./-]*", page)
    assert len(named) > 10
    assert [each for each in named if not (root / each).exists()] == []


def test_its_example_runs_a_test(page: str, root: Path) -> None:
    found = re.search(r"pytest (\S+\.py) -k (\w+)", page)
    assert found is not None
    names = re.findall(r"def (test_\w+)", (root / found[1]).read_text("utf-8"))
    assert any(found[2] in name for name in names)
