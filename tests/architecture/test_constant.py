"""Every number that has a name says its unit and its reason in a text below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "platone"
_ARITHMETIC = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.Name)


def _is_number(value: ast.expr) -> bool:
    """Return whether an expression is a number, or some, or what is calculated from some."""
    parts = [part for part in ast.walk(value) if isinstance(part, ast.expr)]
    literals = [part.value for part in parts if isinstance(part, ast.Constant)]
    return (
        bool(literals)
        and all(type(literal) in {int, float} for literal in literals)
        and all(isinstance(part, _ARITHMETIC) for part in parts)
    )


def _is_constant(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=[target], value=value):
            pass
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            pass
        case _:
            return False
    names = [part.id for part in ast.walk(target) if isinstance(part, ast.Name)]
    return all(name.isupper() for name in names) and _is_number(value)


def _unexplained(tree: ast.Module) -> Iterator[int]:
    """Yield the lines of numbers without a text: below them, or below the last of their run."""
    waiting: list[int] = []
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            waiting = []
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            waiting += [statement.lineno] if _is_constant(statement) else []
        else:
            yield from waiting
            waiting = []
    yield from waiting


def test_each_number_with_a_name_is_explained() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line in _unexplained(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("_LIMIT = 3\n", [1]),
        ('_LIMIT = 3\n"""Most of them."""\n', []),
        ("_LEFT, _RIGHT = 3.0, -2 * 60\n\ndef f(): ...\n", [1]),
        ('_A = 1\n_B = 2\n"""Codes of an answer."""\n', []),
        ('_NAME = "text"\n_IS_ON = True\n', []),
    ],
)
def test_the_rule_sees_what_it_is_for(source: str, lines: list[int]) -> None:
    assert list(_unexplained(ast.parse(source))) == lines
