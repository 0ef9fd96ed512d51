"""The tool that changes the product a little: what it changes, and that its list holds."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).parents[3] / "src" / "platone"
TOOLS = ROOT / "tools"
PYTHON = '''\
"""A text that stays."""
LIMIT = 3
def greatest(values: list[int], least: float = 0.5) -> int | None:
    """Another text."""
    if not values or min(values) < LIMIT:
        raise ValueError("a message that stays")
    total = [0]
    total[0] = values[0] + 2
    return max(values) if least > 1 else np.abs(total)
'''
EXPECTED = {
    "LIMIT = (4)",
    "least: float = (1.0)",
    "(values) or",
    "(not values and min(values) < LIMIT)",
    "(max(values)) < LIMIT",
    "(min(values) <= LIMIT)",
    "total = [(1)]",
    "        pass\n    total",
    "    pass\n    return",
    "total[(1)] =",
    "values[(1)]",
    "(values[0] - 2)",
    "+ (3)",
    "return None",
    "(np.abs(total) if least > 1 else max(values))",
    "(min(values)) if",
    "(least >= 1)",
    "> (2)",
    "else (np.positive(total))",
}
VYPER = '''\
# pragma version 0.4.3
"""A text that stays."""
@external
def send(to: address, amount: uint256):
    assert amount <= 10, "too much"  # a comment
    self.sent[to] += amount
    log Sent(to=to, amount=amount)
'''


def mutants(kind: str, source: str) -> list[Any]:
    """The mutations as the tool makes them, in a process that knows the folder of tools."""
    script = (
        "import sys, json; sys.path.insert(0, sys.argv[1]); import mutant; "
        "found = getattr(mutant, sys.argv[2])(sys.stdin.read()); "
        "print(json.dumps([[each.line, each.within, each.change, each.source] for each in found]))"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script, str(TOOLS), kind],
        input=source,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def test_python_is_changed_in_one_place_at_a_time() -> None:
    found = mutants("python_mutants", PYTHON)
    sources = [source for _, _, _, source in found]
    assert len(set(sources)) == len(sources)
    for source in sources:
        assert ast.dump(ast.parse(source)) != ast.dump(ast.parse(PYTHON))
        assert "A text that stays." in source
        assert "Another text." in source
    spaced = [" ".join(each.split()) for each in sources]
    for part in EXPECTED:
        assert any(" ".join(part.split()) in each for each in spaced), part
    assert {within for line, within, _, _ in found if line > 3} == {"greatest"}
    assert [line for line, _, _, _ in found] == sorted(line for line, _, _, _ in found)


def test_contracts_are_changed_in_one_place_at_a_time() -> None:
    found = mutants("vyper_mutants", VYPER)
    assert [(line, within, change) for line, within, change, _ in found] == [
        (5, "send", 'assert amount <= 10, "too much" # a comment -> pass'),
        (5, "send", 'assert amount <= 10, "too much" # a comment [<= -> <]'),
        (5, "send", 'assert amount <= 10, "too much" # a comment [10 -> 11]'),
        (6, "send", "self.sent[to] += amount -> pass"),
        (6, "send", "self.sent[to] += amount [+= -> -=]"),
        (7, "send", "log Sent(to=to, amount=amount) -> pass"),
    ]
    for *_, source in found:
        changed = [a != b for a, b in zip(source.split("\n"), VYPER.split("\n"), strict=True)]
        assert sum(changed) == 1


@pytest.fixture(scope="module")
def plan() -> Any:
    return tomllib.loads((TOOLS / "mutation.toml").read_text("utf-8"))


def listed(plan: Any) -> list[str]:
    """The modules of all groups, once each."""
    return [
        str(path.relative_to(SOURCE))
        for group in plan["group"]
        for pattern in group["modules"]
        for path in SOURCE.glob(pattern)
    ]


def test_its_modules_and_tests_are_there(plan: Any) -> None:
    modules = listed(plan)
    assert len(modules) == len(set(modules)) > 40
    patterns = [pattern for group in plan["group"] for pattern in group["modules"]]
    assert [each for each in patterns if not any(SOURCE.glob(each))] == []
    named = [test.removeprefix("--ignore=") for group in plan["group"] for test in group["tests"]]
    tests = [test.partition("::") for test in named]
    assert [path for path, _, _ in tests if not (ROOT / path).exists()] == []
    for path, _, name in tests:
        assert not name or f"def {name}(" in (ROOT / path).read_text("utf-8"), name


def test_the_rules_of_every_context_are_in_the_plan(plan: Any) -> None:
    rules = {
        str(path.relative_to(SOURCE))
        for pattern in ("*/domain.py", "*/domain/*.py")
        for path in SOURCE.glob(pattern)
        if not path.name.endswith(("__init__.py", "problem.py"))  # which decide nothing
    }
    assert rules - set(listed(plan)) == set()


def test_what_is_excused_is_there_and_has_a_reason(plan: Any) -> None:
    for each in plan["harmless"]:
        source = (ROOT / "src" / "platone" / each["module"]).read_text("utf-8")
        kind = "vyper_mutants" if each["module"].endswith(".vy") else "python_mutants"
        known = {(within, change) for _, within, change, _ in mutants(kind, source)}
        assert (each["within"], each["change"]) in known, each
        assert len(each["reason"].split()) > 3
