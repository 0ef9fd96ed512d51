"""Frozen messages and the hashes under which they are known; fields that come later change none.

The canonical texts were written with the standard library alone, absent fields left out by hand.
"""

import hashlib
import inspect
import json
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from platone.kernel.canonical import canonical_json, content_hash, is_left_out
from platone.market.domain.clearing import clear
from platone.messages import (
    base,
    clearing,
    ledger,
    market,
    metering,
    outcome,
    registry,
    settlement,
)

FOLDER = Path(__file__).parents[2] / "data" / "recording"
MODULES = (base, clearing, ledger, market, metering, outcome, registry, settlement)
"""The families whose messages are recorded."""
FROZEN = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
FUTURE: list[tuple[str, Any, Any]] = [
    ("future_note", str | None, None),
    ("future_price", float | None, None),
    ("future_flag", bool, False),
    ("future_revision", int, 1),
    ("future_items", tuple[str, ...], ()),
    ("future_list", list[str], msgspec.field(default_factory=list)),
    ("future_market", base.MarketType, base.MarketType.DAY_AHEAD),
]


def message_type(name: str) -> type[msgspec.Struct]:
    found: type[msgspec.Struct] = next(
        getattr(module, name) for module in MODULES if hasattr(module, name)
    )
    return found


def with_future(hint: Any) -> Any:
    """A type as it may be in a later version: every message in it has more optional fields."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        fields: list[Any] = [
            (each.name, with_future(hints[each.name]), each.default)
            if each.default is not msgspec.NODEFAULT
            else (each.name, with_future(hints[each.name]))
            for each in msgspec.structs.fields(hint)
        ]
        return msgspec.defstruct(hint.__name__, fields + FUTURE, kw_only=True, rename="camel")
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return Union[tuple(with_future(each) for each in arguments)]  # noqa: UP007 - made of parts
    if origin in {list, tuple}:
        return origin[tuple(each if each is ... else with_future(each) for each in arguments)]
    return hint


@pytest.mark.parametrize("name", FROZEN)
def test_a_frozen_message_is_known_under_its_hash(name: str) -> None:
    frozen = FROZEN[name]
    message = msgspec.convert(frozen["message"], message_type(frozen["type"]))

    assert canonical_json(message).decode() == frozen["canonical"]
    assert content_hash(message) == frozen["sha256"]
    assert hashlib.sha256(frozen["canonical"].encode()).hexdigest() == frozen["sha256"]


@pytest.mark.parametrize("name", FROZEN)
def test_the_canonical_form_says_the_same(name: str) -> None:
    kind = message_type(FROZEN[name]["type"])
    message = msgspec.convert(FROZEN[name]["message"], kind)

    assert msgspec.json.decode(FROZEN[name]["canonical"], type=kind) == message


@pytest.mark.parametrize("name", FROZEN)
def test_a_field_that_comes_later_changes_no_hash(name: str) -> None:
    later = with_future(message_type(FROZEN[name]["type"]))

    message = msgspec.convert(FROZEN[name]["message"], later)

    assert content_hash(message) == FROZEN[name]["sha256"]
    assert content_hash(msgspec.structs.replace(message, future_revision=2)) != content_hash(
        message
    )
    # said explicitly, a default is the same as left out
    said = msgspec.json.decode(msgspec.json.encode(message), type=later)
    assert content_hash(said) == FROZEN[name]["sha256"]


def test_a_frozen_session_is_cleared_under_its_hash() -> None:
    recorded = msgspec.convert(FROZEN["session"]["message"], market.RecordedSession)
    backwards = msgspec.structs.replace(
        recorded,
        pods=recorded.pods[::-1],
        flexibility_services=recorded.flexibility_services[::-1],
    )

    outcome = clear(recorded)

    assert outcome.input_hash == FROZEN["session"]["sha256"]
    assert clear(backwards).input_hash == FROZEN["session"]["sha256"]
    assert outcome.output_hash == (FOLDER / "session.outcome-hash").read_text().strip()
    assert outcome.market_outcome == outcome.output_hash[:24]


ALWAYS_WRITTEN = {
    "MaxFlexibility": ["upper_q", "down_q"],
    "MeasuredPower": ["paid_q", "penalty_q", "status"],
    "PointOfDelivery": ["pn_p", "inp", "inq", "cnq", "cos_phi", "flexibility_type", "action_type"],
    "PortfolioPod": ["customer_share_ppm", "penalty_eur_per_kwh"],
    "Reading": ["quality"],
}
"""Optional fields of the first version whose defaults the canonical form does not leave out."""


def messages_of(module: ModuleType) -> list[type[msgspec.Struct]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
    ]


def test_no_other_optional_field_is_written_where_it_is_absent() -> None:
    """A new field's default is None, a truth value, a small number, or nothing in a list."""
    found = {
        kind.__name__: names
        for module in MODULES
        for kind in messages_of(module)
        if (
            names := [
                each.name
                for each in msgspec.structs.fields(kind)
                if not each.required and not is_left_out(each)
            ]
        )
    }
    assert found == ALWAYS_WRITTEN
