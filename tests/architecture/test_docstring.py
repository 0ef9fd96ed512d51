"""Plain words: the first line of a docstring is understood by itself."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
RIDDLE = re.compile(
    r"(What|Whether|Who|Whose|That|Those|Things|Of|Return what)\b"
    r"|The same (?:by|for|of|where)\b|\w+ (?:it|none)\b"
)
"""Words that begin a phrase about something which only the code around it would name."""
SENTENCE_WORDS = 3
"""Fewer words say nothing that the name does not say."""


_Described = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _described() -> Iterator[tuple[str, _Described]]:
    """Yield place and node of each module, class and function."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, _Described):
                yield f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 1)}", node


def _first_lines() -> list[tuple[str, str]]:
    return [
        (where, text.splitlines()[0])
        for where, node in _described()
        if (text := ast.get_docstring(node))
    ]


def _texts_of_constants() -> list[tuple[str, str]]:
    """Return place and text of each string that stands below an assignment."""
    return [
        (where, text)
        for where, node in _described()
        for above, below in pairwise(node.body)
        if isinstance(above, ast.Assign | ast.AnnAssign) and isinstance(below, ast.Expr)
        for text in [getattr(below.value, "value", None)]
        if isinstance(text, str)
    ]


def test_no_first_line_is_a_riddle() -> None:
    lines = _first_lines()
    assert len(lines) > 3000
    texts = _texts_of_constants()
    assert len(texts) > 500
    assert [each for each in lines + texts if RIDDLE.match(each[1])] == []


def test_first_lines_say_something() -> None:
    short = [each for each in _first_lines() if len(each[1].split()) < SENTENCE_WORDS]
    assert short == []
