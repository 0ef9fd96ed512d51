"""Rooms stay small: the bounds of docs/explanation/architecture.md."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("src", "tests", "benchmarks", "tools")
    for path in (ROOT / folder).rglob("*.py")
)
FILE_NEVER, FILE_RARELY, RARELY_SHARE = 500, 300, 0.05
FUNCTION_NEVER, FUNCTION_RARELY = 60, 40


def _functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text("utf-8"))
    return [
        (
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}",
            (node.end_lineno or 0) - node.lineno + 1,
        )
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_no_file_is_too_long() -> None:
    assert FILES
    assert [f"{path}: {_lines(path)}" for path in FILES if _lines(path) > FILE_NEVER] == []


def test_long_files_are_rare() -> None:
    long = [path for path in FILES if _lines(path) > FILE_RARELY]
    assert len(long) <= RARELY_SHARE * len(FILES), long


def test_no_function_is_too_long() -> None:
    sizes = [entry for path in FILES for entry in _functions(path)]
    assert [entry for entry in sizes if entry[1] > FUNCTION_NEVER] == []


def test_long_functions_are_rare() -> None:
    sizes = [entry for path in FILES for entry in _functions(path)]
    long = [entry for entry in sizes if entry[1] > FUNCTION_RARELY]
    assert len(long) <= 0.02 * len(sizes), long


def test_no_room_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [path for path in FILES if path.stem in vague or path.parent.name in vague] == []
