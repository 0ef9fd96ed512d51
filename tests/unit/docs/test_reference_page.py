"""The lists of the reference are those of the program; its examples do what they say."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.unit.market.stacked import stacked

from platone.cli import app
from platone.grid.file.own_form import read_network
from platone.grid.network.branch import Transformer
from platone.grid.network.element import Bus, Load, Source
from platone.grid.problem.network import NetworkInvalid
from platone.infra.mqtt.acl import Action, allowed
from platone.kernel.settlement_rule import settle_line
from platone.market.domain.replay import clear_file
from platone.settings import Settings, load_settings


def commands(group: Any, name: str) -> Iterator[tuple[str, Any]]:
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def all_commands() -> dict[str, Any]:
    """Every command by its full name; the demonstrations join by an entry point."""
    found = dict(commands(typer.main.get_command(app), "platone"))
    assert len(found) >= 5
    return found


def test_command_line(docs: Path) -> None:
    text = (docs / "reference" / "cli.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `(.+?)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    known = all_commands()
    assert set(sections) == set(known)
    for name, command in known.items():
        told = set(re.findall(r"`(--[a-z-]+)`", "\n".join(table(sections[name]))))
        options = {
            option
            for parameter in command.params
            for option in parameter.opts
            if option.startswith("--")
        }
        if name == "platone market settle":  # it says that they are those of clear
            continue
        assert told == options - {"--help"}, name


def table(text: str) -> list[str]:
    return [line.split("|")[1] for line in text.splitlines() if line.startswith("| `-")]


def test_settings(rows: Any) -> None:
    listed = {row[0].strip("`"): row for row in rows("configuration.md")}
    assert list(listed) == [field.name for field in fields(Settings)]
    for field in fields(Settings):
        _, variable, default, _ = listed[field.name]
        assert variable == f"`PLATONE_{field.name.upper()}`"
        shown = "none" if field.default in {None, ""} else f"`{field.default}`"
        assert default == shown, field.name


def test_settings_file(block: Any, tmp_path: Path) -> None:
    file = tmp_path / "platone.toml"
    file.write_text(block("reference/configuration.md", "toml"))
    settings = load_settings(file)
    assert (settings.host, settings.mqtt_port) == ("192.0.2.10", 8883)


@pytest.mark.parametrize("action", list(Action))
def test_topics(rows: Any, action: Action) -> None:
    """Who may publish and listen where, as the page has it, and nobody else."""
    device, other = "0x" + "ab" * 20, "0x" + "cd" * 20
    names = {"the device": device, "access layer": "access", "DSO": "dso"}
    topics = [row for row in rows("mqtt.md") if row[0].startswith("`bal/")]
    assert len(topics) == 5
    for topic, publisher, listener, _ in topics:
        place = topic.strip("`").replace("{device}", device)
        told = publisher if action is Action.PUBLISH else listener
        right = {names[name] for name in told.split(", ")}
        for identity in (device, other, "access", "dso", "market", ""):
            assert allowed(identity, place, action) == (identity in right), (topic, identity)


def test_session_of_the_market_rules_clears_as_told(block: Any, rows: Any) -> None:
    session = json.loads(block("reference/market-rules.md", "json session"))
    for pod in session["pods"]:
        pod["powerBaseline"] *= 96  # as the page says
    outcome = json.loads(clear_file(json.dumps(session).encode()))
    found = {
        part["pod"]: (point["acceptedPValue"], point["acceptedPPrice"], point["playerRequestId"])
        for part in outcome["flexibility"]
        for point in part["power"]
    }
    told = {
        row[0]: (float(row[1]), float(row[2]), row[3])
        for row in rows("market-rules.md")
        if row[-1] in {"DSO", "TSO"}
    }
    assert len(told) == 3
    assert found.keys() == told.keys()
    for pod, (kw, price, who) in told.items():
        assert found[pod][0] == pytest.approx(kw, abs=1e-6)
        assert found[pod][1:] == (price, who)


def test_settlement_example(rows: Any) -> None:
    lines = [row for row in rows("market-rules.md") if row[0].isdecimal() and len(row) == 5]
    assert len(lines) == 5
    for row in lines:
        measured, change, delivered, deficiency, net = (
            int(cell.replace("\N{MINUS SIGN}", "-")) for cell in row
        )
        assert change == 10 - measured
        amounts = settle_line(
            reference=10, ordered=-2, measured=measured, price=7, penalty_price=11
        )
        assert (amounts.delivered, amounts.deficiency, amounts.net) == (delivered, deficiency, net)


def test_examples_of_thresholds(rows: Any) -> None:
    lines = [row for row in rows("market-rules.md") if row[0].isdecimal() and len(row) == 4]
    assert len(lines) == 5
    for delivered, *payments in (list(map(int, row)) for row in lines):
        for payment, (least, full) in zip(
            payments, ((0, 0), (750_000, 0), (500_000, 1_000_000)), strict=True
        ):
            amounts = settle_line(
                reference=100,
                ordered=-100,
                measured=100 - delivered,
                price=1,
                penalty_price=0,
                least_delivery_ppm=least,
                full_delivery_ppm=full,
            )
            assert amounts.paid == payment


def test_example_of_a_reversed_trade(rows: Any) -> None:
    lines = [row for row in rows("market-rules.md") if row[0].endswith(" kW")]
    assert len(lines) == 3
    changes = (-10, 5)
    for row in lines:
        measured, *told = (int(cell.removesuffix(" kW")) for cell in row)
        found = []
        for reference, change in zip(stacked(100, changes, measured), changes, strict=True):
            amounts = settle_line(
                reference=reference, ordered=change, measured=measured, price=1, penalty_price=1
            )
            found += [reference, amounts.delivered, amounts.deficiency]
        assert found == told


def test_network_example_can_be_calculated(block: Any) -> None:
    network = read_network(block("reference/network-file.md", "json network").encode())
    assert [source.id for source in network.sources] == ["PoM-1"]
    assert len(network.branches) == 2


def told_fields(rows: Any) -> Iterator[tuple[str, str, str]]:
    """List, field, and what holds where it is left out (empty: it cannot be)."""
    for row in rows("network-file.md"):
        if len(row) == 3:
            for field, default in re.findall(r"`(\w+)`(?: \(`?([^)`]+)`?\))?", row[2]):
                yield row[0].strip("`"), field, default


def test_network_page_tells_what_holds_where_a_field_is_left_out(rows: Any, block: Any) -> None:
    file = json.loads(block("reference/network-file.md", "json network"))
    file["profiles"] = [{"id": "flat", "factors": [1.0] * 96}]

    def read(name: str, element: dict[str, Any]) -> dict[str, Any]:
        content = file | {name: [*file[name][:-1], element]}
        return vars(read_network(json.dumps(content).encode()))

    for name, field, default in told_fields(rows):
        without = {key: value for key, value in file[name][-1].items() if key != field}
        if field == "name" or default == "constant":
            read(name, without)
        elif default:
            value = default if default == "from" else json.loads(default)
            assert read(name, without) == read(name, without | {field: value}), (name, field)
        else:
            with pytest.raises(NetworkInvalid):
                read(name, without)


def test_network_page_forgets_no_field(rows: Any) -> None:
    listed: dict[str, set[str]] = {}
    for name, field, _ in told_fields(rows):
        listed.setdefault(name, set()).add(field)
    kinds = {"sources": Source, "transformers": Transformer, "loads": Load, "buses": Bus}
    for name, kind in kinds.items():
        wanted = {wire(field.name) for field in fields(kind)}
        assert wanted <= listed[name], name


def wire(name: str) -> str:
    first, *rest = name.removesuffix("_bus").split("_")
    return first + "".join(part.capitalize() for part in rest)
