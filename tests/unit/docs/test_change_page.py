"""The page of worked changes names files and names that exist, and few of them for each change."""

import re
from pathlib import Path

import pytest


@pytest.fixture
def changes(docs: Path) -> list[str]:
    text = (docs / "how-to" / "change-something.md").read_text("utf-8")
    parts = re.split(r"^## (?=\d\.)", text, flags=re.MULTILINE)[1:]
    return [part.partition("\n")[2] for part in parts]


def test_every_named_file_exists(docs: Path, root: Path) -> None:
    text = (docs / "how-to" / "change-something.md").read_text("utf-8")
    named = re.findall(r"`((?:src|tests|docs|tools)/[^`]+)`", text)
    assert len(named) > 15
    assert [path for path in named if not (root / path).exists()] == []


def test_every_named_test_stands_in_the_named_file(changes: list[str], root: Path) -> None:
    named = [
        (test, path)
        for change in changes
        for test, path in re.findall(r"`(test_\w+)` in\s+`(tests/[^`]+)`", change)
    ]
    assert len(named) >= 2
    for test, path in named:
        assert f"def {test}(" in (root / path).read_text("utf-8"), (test, path)


def test_what_holds_the_words_of_the_last_change(root: Path) -> None:
    """The test that the page names fails when the words change: it holds them."""
    image = root / "tests/unit/grid/picture/test_picture_image.py"
    body = image.read_text("utf-8").partition("def test_branches_without_limits")[2]
    assert '"1 branch has no limit (grey)"' in body.partition("\ndef ")[0]


def test_each_change_touches_at_most_three_files(changes: list[str]) -> None:
    assert len(changes) == 5
    assert all(1 <= len(re.findall(r"^\d\. ", each, re.MULTILINE)) <= 3 for each in changes)


def test_what_is_to_be_changed_stands_where_the_page_says(changes: list[str], root: Path) -> None:
    for change in changes:
        for path, rest in re.findall(r"^\d\. `(src/[^`]+)`(.*(?:\n   .*)*)", change, re.MULTILINE):
            content = (root / path).read_text("utf-8")
            for name in re.findall(r"`([A-Za-z_]+)`", rest):
                if name != "activationMinutes":  # it is what is added
                    assert name in content, (path, name)
    assert '"no limit"' in (root / "src/platone/grid/picture/label_text.py").read_text("utf-8")
    assert "no limit" in (root / "src/platone/grid/picture/page/detail.js").read_text("utf-8")
    assert "no limit" in (root / "src/platone/grid/picture/svg.py").read_text("utf-8")
