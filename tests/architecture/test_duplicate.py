"""Nothing is written twice: no run of lines of the product stands in two places."""

import ast
from collections import defaultdict
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
RUN = 8


def _code_lines(path: Path) -> list[tuple[int, str]]:
    """Lines that say something: no blanks, comments, docstrings, imports or lone brackets.

    Signatures do not count either: a port's stands again in its adapter, as it must.
    """
    text = path.read_text("utf-8")
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            skipped.update(range(node.lineno, node.body[0].lineno))
        if not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom):
            continue
        if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if number not in skipped and len(line.strip()) > 3 and not line.strip().startswith("#")
    ]


def test_no_run_of_lines_stands_twice() -> None:
    places: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path in sorted(SOURCE.rglob("*.py")):
        lines = _code_lines(path)
        for start in range(len(lines) - RUN + 1):
            run = tuple(line for _, line in lines[start : start + RUN])
            places[run].append(f"{path.relative_to(SOURCE)}:{lines[start][0]}")
    assert places
    assert [found for found in places.values() if len(found) > 1] == []
