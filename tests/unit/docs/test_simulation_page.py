"""The page on simulations lists indicators, assumptions and rules as the program has them."""

from typing import Any

import msgspec

from platone.simulation.indicator import INDICATORS
from platone.simulation.portfolio import Asset, SimulatedPod
from platone.simulation.rule_set import RULE_SETS
from platone.simulation.scenario import Scenario, Technology


def test_indicators(rows: Any) -> None:
    """Every indicator stands there; those of reasons, which are alike, in one row."""
    told = {row[1].strip("`"): row for row in rows("simulation.md") if len(row) == 4}
    reason = told.pop("rejected.<reason>")
    alike = [each for each in INDICATORS if each.key.startswith("rejected.")]
    assert {(each.unit, each.definition) for each in alike} == {(reason[2], reason[3])}
    assert [each.title for each in alike] == [f"not taken: {each.key[9:]}" for each in alike]
    others = [each for each in INDICATORS if each not in alike]
    assert list(told) == [each.key for each in others]
    for each in others:
        assert told[each.key] == [each.title, f"`{each.key}`", each.unit, each.definition]


def test_assumptions(rows: Any) -> None:
    told = {row[0].strip("`"): row[2] for row in rows("simulation.md") if len(row) == 3}
    given = {field.encode_name: field.default for field in msgspec.structs.fields(Scenario)}
    assert told.keys() == given.keys()
    for name, default in given.items():
        if isinstance(default, Technology):
            parts = msgspec.to_builtins(default)
            shown = ", ".join(f"{key} {value:g}" for key, value in parts.items())
        else:
            shown = "none" if default is None else str(default)
        assert told[name] == shown, name


def test_sets_of_rules_and_portfolios(rows: Any) -> None:
    told = [row[0] for row in rows("simulation.md") if len(row) == 2]
    assert [name for name in told if name.strip("`") in RULE_SETS] == [f"`{n}`" for n in RULE_SETS]
    fields = [field.encode_name for field in msgspec.structs.fields(SimulatedPod)]
    named = {part.strip("` ") for name in told for part in name.split(",")}
    assert set(fields) <= named
    row = next(row for row in rows("simulation.md") if "heatPump" in row[0] and len(row) == 2)
    for field in msgspec.structs.fields(Asset):
        assert f'"{field.encode_name}"' in row[1]
