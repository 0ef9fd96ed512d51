import importlib
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
import pydantic
import pytest

import platone.dso.api
import platone.ledger.domain
import platone.messages
from platone.kernel.decoder_message import WORDS, in_words, words_of
from platone.kernel.errors import MalformedMessage
from platone.messages.base import Address, Hash, Hex, Identifier, Message, PodId


class _Sent(Message):
    pods: list[PodId]


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for value in schema.values():
            yield from _patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _patterns(value)


def _messages(kind: type) -> Iterator[type]:
    subclasses: list[type] = kind.__subclasses__()
    for each in subclasses:
        yield each
        yield from _messages(each)


def test_every_pattern_of_a_message_is_put_in_words_and_no_other() -> None:
    for package in (platone.messages, platone.dso.api, platone.ledger.domain):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    kinds = [each for each in _messages(Message) if each.__module__.startswith("platone.")]
    _, components = msgspec.json.schema_components(kinds, schema_hook=lambda _kind: {})
    found = set(_patterns(components))
    # what is no field of a message: digests, and what the chain is asked for
    for alone in (Identifier, Address, Hash, Hex):
        found.update(_patterns(msgspec.json.schema(alone)))
    assert {each for each in found if words_of(each) is None} == set()
    assert found >= set(WORDS)


@pytest.mark.parametrize("pod", ["IT 001", "zona/1"])
def test_a_pattern_is_said_in_words_and_the_path_stays(pod: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert({"pods": ["IT001", pod]}, _Sent)
    said = MalformedMessage(f"The body is not a valid message: {refused.value}").detail
    assert said == (
        "The body is not a valid message: Expected letters (A to Z), digits, _ and - only - at "
        "`$.pods[1]`"
    )


def test_what_nobody_has_put_in_words_stays_as_it_is() -> None:
    said = "Expected `str` matching regex '^a*$' - at `$.name`"
    assert MalformedMessage(said).detail == said


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("^[A-Z]{2}$", "Expected two capital letters, such as IT"),
        ("^(up|down)$", "Expected one of up, down"),
        (r"^[\x21-\x7e]+$", "Expected printable ASCII characters without spaces"),
    ],
)
def test_both_decoders_are_understood(pattern: str, said: str) -> None:
    """Msgspec says "Expected" and quotes as Python does; pydantic quotes a pattern as it is."""
    asked = pydantic.TypeAdapter(Annotated[str, pydantic.Field(pattern=pattern)])
    with pytest.raises(pydantic.ValidationError) as refused:
        asked.validate_python(" ")
    assert in_words(refused.value.errors()[0]["msg"]) == said
    with pytest.raises(msgspec.ValidationError) as also:
        msgspec.convert(" ", Annotated[str, msgspec.Meta(pattern=pattern)])
    assert in_words(str(also.value)) == said


@pytest.mark.parametrize(
    ("value", "begins"),
    [
        ("yesterday", "Expected an instant"),
        ("2021-10-31T13:00:00", "The zone is missing: expected"),
    ],
)
def test_instants_are_asked_for_by_example(value: str, begins: str) -> None:
    kind = Annotated[datetime, msgspec.Meta(tz=True)]
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(value, kind)
    said = in_words(str(refused.value))
    assert said.startswith(begins)
    assert "2021-10-31T13:00:00+01:00" in said
