"""Plain words: the first line of a docstring is understood by itself."""

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
RIDDLE = re.compile(r"(What|Whether|Who|Whose|That|Those|Things)\b")
"""Words that begin a phrase about something which only the code around it would name."""
SENTENCE_WORDS = 3
"""Fewer words say nothing that the name does not say."""


def _first_lines() -> list[tuple[str, str]]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(
                node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            ) and (text := ast.get_docstring(node)):
                where = f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 1)}"
                found.append((where, text.splitlines()[0]))
    return found


def test_no_first_line_is_a_riddle() -> None:
    lines = _first_lines()
    assert len(lines) > 3000
    assert [each for each in lines if RIDDLE.match(each[1])] == []


def test_first_lines_say_something() -> None:
    short = [each for each in _first_lines() if len(each[1].split()) < SENTENCE_WORDS]
    assert short == []
