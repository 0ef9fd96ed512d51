"""Mutations of a source file: one operator, constant, condition or statement changed at a time.

Python is changed in its syntax tree, Vyper in its tokens, whose grammar is close to Python's.
"""

import ast
import copy
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A source file with one change.

    Attributes:
        line: The changed line, from 1.
        last_line: The last line of what is changed.
        within: The function or class around it; empty at the module's own level.
        change: The old and the new code, in one line.
        source: The whole file with the change.
    """

    line: int
    last_line: int
    within: str
    change: str
    source: str


COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
CALLS = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "minimum": "maximum",
    "maximum": "minimum",
    "abs": "float",
}
"""Functions that are easily taken for one another, or left out."""


FORMAL = {"nullable", "slots", "strict"}
"""Keywords that guard against what the code around them never does."""


def mutants_of(name: str, source: str) -> list[Mutant]:
    """Return all mutations of a source file, by the language that its name ends with."""
    return (vyper_mutants if name.endswith(".vy") else python_mutants)(source)


def python_mutants(source: str) -> list[Mutant]:
    """Return all mutations of a Python module, in the order of the text."""
    encoded = source.encode()
    starts = [0]
    for line in encoded.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node, new, within in _changes(ast.parse(source)):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        changed = encoded[:begin] + new.encode() + encoded[end:]
        change = f"{_one_line(ast.unparse(node))} -> {_one_line(new)}"
        last = node.end_lineno or node.lineno
        found.append(Mutant(node.lineno, last, within, change, changed.decode()))
    return sorted(found, key=lambda each: (each.line, each.change))


def _one_line(code: str) -> str:
    return " ".join(code.split())


def _changes(tree: ast.Module) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    """Yield what is replaced, by which code, and the function or class around it."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, within = waiting.pop()
        if isinstance(node, ast.expr):
            for new in _expressions(node):
                yield node, f"({ast.unparse(new)})", within
        if isinstance(node, ast.stmt):
            for statement in _statements(node, within):
                yield node, statement, within
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            within = f"{within}.{node.name}".lstrip(".")
        waiting.extend((child, within) for child in _inner(node))


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node that say what is done: no annotations, texts or log lines."""
    if _is_log(node) or (isinstance(node, ast.keyword) and node.arg in FORMAL):
        return
    skipped = {"annotation", "returns", "decorator_list", "type_params"}
    for name, value in ast.iter_fields(node):
        if name in skipped or (isinstance(node, ast.Assign) and _is_type(node)):
            continue
        yield from (
            each
            for each in (value if isinstance(value, list) else [value])
            if isinstance(each, ast.AST) and not isinstance(each, ast.JoinedStr)
        )


def _is_log(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and ast.unparse(node).startswith("_log.")


def _is_type(node: ast.Assign) -> bool:
    """Tell an alias of a type, or a list of attribute names."""
    name = ast.unparse(node.targets[0])
    is_capitalised = name.lstrip("_")[:1].isupper() and not name.isupper()
    return name.startswith("__") or (
        is_capitalised and isinstance(node.value, ast.Subscript | ast.BinOp | ast.Call)
    )


def _expressions(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what may stand in the place of an expression."""
    if isinstance(node, ast.Compare):
        for number, operator in enumerate(node.ops):
            new = copy.deepcopy(node)
            new.ops[number] = COMPARISONS[type(operator)]()
            yield new
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float):
        yield ast.Constant(_other(node.value))
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _other(value: complex) -> complex:
    if isinstance(value, bool):
        return not value
    if isinstance(value, float) and value:
        return value * 2
    return value + 1


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in CALLS:
        keywords = [] if function.id == "sorted" else node.keywords
        yield ast.Call(ast.Name(CALLS[function.id]), node.args, keywords)
    elif isinstance(function, ast.Attribute) and function.attr in CALLS:
        name = {"abs": "positive"}.get(function.attr, CALLS[function.attr])  # as numpy calls it
        yield ast.Call(ast.Attribute(function.value, name), node.args, node.keywords)


def _statements(node: ast.stmt, within: str) -> Iterator[str]:
    """Yield what may stand in the place of a statement: nothing, or another way to go on."""
    if isinstance(node, ast.If | ast.While):
        return  # their conditions are expressions
    if isinstance(node, ast.Continue):
        yield "break"
    elif isinstance(node, ast.Break):
        yield "continue"
    elif isinstance(node, ast.Raise | ast.AugAssign | ast.Delete) or (
        isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant | ast.Yield)
    ):
        if not ast.unparse(node).startswith(("_log.info", "_log.debug")):
            yield "pass"
    elif isinstance(node, ast.Assign) and isinstance(
        node.targets[0], ast.Attribute | ast.Subscript
    ):
        if not within.endswith("__init__"):  # whatever misses its attribute fails at once
            yield "pass"
    elif isinstance(node, ast.Return) and not isinstance(
        node.value, ast.Constant | ast.Compare | ast.BoolOp | None
    ):
        yield "return None"


VYPER = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "+": "-",
    "-": "+",
    "*": "//",
    "//": "*",
    "+=": "-=",
    "-=": "+=",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "|=": "&=",
    "and": "or",
    "or": "and",
    "True": "False",
    "False": "True",
    "not": "",
}
"""Tokens of Vyper, and what may stand in their place."""


def vyper_mutants(source: str) -> list[Mutant]:
    """Return all mutations of a Vyper contract, in the order of the text."""
    lines = source.splitlines(keepends=True)
    found: list[Mutant] = []
    statement: list[tokenize.TokenInfo] = []
    within = ""
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NEWLINE:
            if statement[0].string == "def":
                within = statement[1].string
            found.extend(_statement_mutants(lines, statement, within))
            statement = []
        elif token.type not in quiet:
            statement.append(token)
    return found


def _statement_mutants(
    lines: list[str], statement: list[tokenize.TokenInfo], within: str
) -> Iterator[Mutant]:
    first, last = statement[0], statement[-1]
    if first.type == tokenize.STRING or first.string in ("import", "from", "@"):
        return
    if first.string in ("assert", "log", "raise") or (first.string == "self" and within):
        yield _spliced(lines, first, last, "pass", within)
    for token in statement:
        if token.string in VYPER and not (token.string == "-" and first.string == "def"):
            yield _spliced(lines, token, token, VYPER[token.string], within)
        elif token.type == tokenize.NUMBER and not token.string.startswith("0x"):
            yield _spliced(lines, token, token, f"{int(token.string.replace('_', '')) + 1}", within)


def _spliced(
    lines: list[str],
    first: tokenize.TokenInfo,
    last: tokenize.TokenInfo,
    new: str,
    within: str,
) -> Mutant:
    """Return the mutation that puts new code in the place of some tokens."""
    (row, column), (last_row, last_column) = first.start, last.end
    before = "".join(lines[: row - 1]) + lines[row - 1][:column]
    after = lines[last_row - 1][last_column:] + "".join(lines[last_row:])
    line = _one_line("".join(lines[row - 1 : last_row]))
    change = f"{line} -> {new}" if new == "pass" else f"{line} [{first.string} -> {new}]"
    return Mutant(row, last_row, within, change, before + new + after)
