"""The page on the unbalanced power flow says what the program does."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "unbalanced-power-flow.md"


def block(text: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_prints_what_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text("utf-8")
    (tmp_path / "village.json").write_text(block(text, "json network"))
    monkeypatch.chdir(tmp_path)
    exec(block(text, "python"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out == block(text, "text")
