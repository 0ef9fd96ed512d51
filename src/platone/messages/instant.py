"""The instants in a message, at any depth: they are looked at once, at the door that takes it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from platone.kernel.record_time import InstantOutOfRange, check_recordable


def check_instants(message: Any) -> None:
    """Check that every instant that a message names may be recorded.

    Raises:
        InstantOutOfRange: One lies outside the years 2000 to 2099; the detail names its field.
    """
    for name, instant in _instants("", message):
        try:
            check_recordable(instant)
        except InstantOutOfRange as error:
            raise InstantOutOfRange(
                f"{name or 'It'}: {error.detail}", field=name, instant=instant.isoformat()
            ) from error


def holds_instants(kind: Any) -> bool:
    """Return whether messages of a kind may name instants."""
    return _holds(inspect.type_info(kind), frozenset())


def _instants(name: str, value: Any) -> Iterator[tuple[str, datetime]]:
    if isinstance(value, datetime):
        yield name, value
    elif isinstance(value, msgspec.Struct):
        for attribute, field in _fields_with_instants(type(value)):
            yield from _instants(field, getattr(value, attribute))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _instants(str(key), item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _instants(name, item)


@cache
def _fields_with_instants(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """Return the fields that may hold instants, so that the others need no look."""
    seen = frozenset({kind})
    return tuple(
        (field.name, field.encode_name)
        for field in msgspec.structs.fields(kind)
        if _holds(inspect.type_info(field.type), seen)
    )


def _holds(kind: inspect.Type, seen: frozenset[type]) -> bool:
    match kind:
        case inspect.DateTimeType():
            return True
        case inspect.StructType(cls=cls, fields=fields):
            return cls not in seen and any(_holds(it.type, seen | {cls}) for it in fields)
        case inspect.UnionType(types=kinds) | inspect.TupleType(item_types=kinds):
            return any(_holds(each, seen) for each in kinds)
        case inspect.DictType(value_type=item):
            return _holds(item, seen)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return _holds(item, seen)
        case _:
            return False
