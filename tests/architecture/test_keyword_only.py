"""Numbers are given by name: a swap of two arguments of one kind is seen where it is written."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
FEW_NUMBERS = 3
"""Numbers that may stand one after the other; of four, nobody remembers the order."""


def _is_number(field: ast.stmt) -> bool:
    """Return whether a statement declares a field that is a number, or a number or none."""
    if not isinstance(field, ast.AnnAssign):
        return False
    return set(ast.unparse(field.annotation).split(" | ")) - {"None"} <= {"int", "float"}


def _is_positional(node: ast.ClassDef) -> bool:
    """Return whether a class is a dataclass whose fields may be given without their names."""
    decorators = [ast.unparse(each) for each in node.decorator_list]
    return any(
        each.partition("(")[0] == "dataclass" and "kw_only=True" not in each for each in decorators
    )


def test_dataclasses_of_many_numbers_are_keyword_only() -> None:
    classes = [
        (path, node)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    assert len(classes) > 1000
    found = [
        f"{path.relative_to(SOURCE)} {node.name}"
        for path, node in classes
        if _is_positional(node) and sum(map(_is_number, node.body)) > FEW_NUMBERS
    ]
    assert found == []
