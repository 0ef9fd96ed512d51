"""Decoding of a long body in turns, so that the event loop serves others meanwhile.

msgspec holds the interpreter while it decodes, in a thread too. So a long body is only scanned at
once, which finds where its items begin and end, and its items are decoded some at a time::

    {"series": [ … , … ]} ──scan──► [raw, raw] ──some──► others' turn ──some──► … ──► message
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar, TypeVarTuple, get_args, get_origin, get_type_hints

import msgspec

Item = TypeVar("Item")
Result = TypeVar("Result")
More = TypeVarTuple("More")
PART = 1_000
"""Items that are taken at once: the work of some ten milliseconds, and one transaction."""
TURN_BYTES = 128 * 1024
"""Length of the items that are decoded before others have a turn, bytes: some milliseconds."""


async def decode_in_turns(
    raw: bytes, kind: type[msgspec.Struct], look: Callable[[Any], None]
) -> Any:
    """Decode JSON into a message as msgspec does at once, with the same errors.

    Args:
        raw: The JSON.
        kind: The message, whose items are in its lists.
        look: Looks at the message without its items, and at each item once it is decoded; what it
            raises is raised here.

    Raises:
        msgspec.ValidationError: It is not of the form; the text names the field.
        msgspec.DecodeError: It is no JSON.
    """
    form, items = _form(kind)
    scanned = form.decode(raw)
    look(scanned)
    fields = {name: getattr(scanned, name) for name in scanned.__struct_fields__}
    for name, (shown, decoder) in items.items():
        made = await _decoded(shown, fields[name], decoder, look)
        fields[name] = type(fields[name])(made)
    return kind(**fields)


async def _decoded(
    shown: str,
    raws: Sequence[msgspec.Raw],
    decoder: msgspec.json.Decoder[Any],
    look: Callable[[Any], None],
) -> list[Any]:
    found, length = [], 0
    for number, raw in enumerate(raws):
        try:
            found.append(decoder.decode(raw))
        except msgspec.ValidationError as error:
            text = str(error)
            at = f"`$.{shown}[{number}]"
            where = text.replace("`$", at, 1) if "`$" in text else f"{text} - at {at}`"
            raise msgspec.ValidationError(where) from error
        look(found[-1])
        length += len(raw)
        if length >= TURN_BYTES:
            length = 0
            await asyncio.sleep(0)
    return found


@cache
def _form(
    kind: type[msgspec.Struct],
) -> tuple[msgspec.json.Decoder[Any], dict[str, tuple[str, msgspec.json.Decoder[Any]]]]:
    """Return a decoder that leaves the items of a message's lists raw, and one of each's items."""
    hints = get_type_hints(kind, include_extras=True)
    fields: list[Any] = []
    items: dict[str, tuple[str, msgspec.json.Decoder[Any]]] = {}
    names: dict[str, str] = {}
    for field in msgspec.structs.fields(kind):
        hint = hints[field.name]
        if (item := _item(hint)) is not None:
            items[field.name] = (field.encode_name, msgspec.json.Decoder(item))
            hint = _raw_list(hint)
        names[field.name] = field.encode_name
        fields.append((field.name, hint, *_default(field)))
    form = msgspec.defstruct(
        kind.__name__,
        fields,
        rename=names,
        kw_only=True,
        forbid_unknown_fields=kind.__struct_config__.forbid_unknown_fields,
    )
    return msgspec.json.Decoder(form), items


def _default(field: msgspec.structs.FieldInfo) -> tuple[Any, ...]:
    if field.default is not msgspec.NODEFAULT:
        return (field.default,)
    if field.default_factory is not msgspec.NODEFAULT:
        return (msgspec.field(default_factory=field.default_factory),)
    return ()


def _item(hint: Any) -> Any:
    """Return the type of the items of a list of messages; none of anything else."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) not in {list, tuple}:
        return None
    item = get_args(hint)[0]
    return item if isinstance(item, type) and issubclass(item, msgspec.Struct) else None


def _raw_list(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        inner, *limits = get_args(hint)
        return Annotated[(_raw_list(inner), *limits)]
    return list[msgspec.Raw] if get_origin(hint) is list else tuple[msgspec.Raw, ...]


async def take_in_parts(
    take: Callable[[Sequence[Item], *More], Awaitable[Sequence[Result]]],
    items: Sequence[Item],
    *more: *More,
) -> list[Result]:
    """Have many items taken, each of which has its own result, some of them at a time.

    A part is a transaction of its own, so that others read, write and are served in between.
    """
    results: list[Result] = []
    for first in range(0, len(items), PART):
        if first:
            await asyncio.sleep(0)
        results += await take(items[first : first + PART], *more)
    return results
