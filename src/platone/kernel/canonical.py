"""One byte sequence for one content, so that equal things have equal hashes.

The canonical form is JSON with sorted keys, no spaces, and the shortest form of each number. A
message's field that is absent is left out: it has the default that a reader fills in again. So an
optional field that is added to a message later changes no hash of what was said before. A default
that can be told apart from what was said is None, a truth value, an enumeration's member, a whole
number from -5 to 256, or an empty list or mapping; a text or a float is always written, whatever
its default. Defaults are part of what is recorded: they never change.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")

_ITEMS_AT_ONCE = 200
"""Items of a long list that are written in one call: points of delivery of a day, 5 MB of text."""
HASHED_ASIDE = 1 << 18
"""Bytes from which on a part is hashed in a thread, 0.4 ms; to ask one takes some tens of µs."""
_EMPTY_FACTORIES = (list, dict)
_ONE_OBJECT_EACH = range(-5, 257)
"""Whole numbers of which the interpreter has one object each: equal ones are identical."""


def canonical_json(content: object) -> bytes:
    """Return the canonical JSON of a content; absent fields of messages are left out.

    Args:
        content: Anything msgspec encodes: structs, mappings, sequences, datetimes, Decimals. A
            struct within another is exactly of the type that the other declares.

    Raises:
        TypeError: A struct has a field that may hold structs of several types.
    """
    return _ENCODER.encode(_without_absent(content))


def canonical_parts(items: Sequence[object]) -> Iterator[bytes]:
    """Yield the canonical JSON of a long list in parts, each of some items.

    Each of the calls that write them is short: other threads have their turn between.
    """
    yield b"["
    for start in range(0, len(items), _ITEMS_AT_ONCE):
        text = canonical_json(items[start : start + _ITEMS_AT_ONCE])[1:-1]
        yield b"," + text if start else text
    yield b"]"


def joined(parts: Iterable[bytes]) -> bytes:
    """Return parts of a long text as one.

    Python's own way copies all of them in one call, in which nobody else has a turn.
    """
    text = io.BytesIO()
    for part in parts:
        text.write(part)
    return text.getvalue()


def hashed(parts: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    """Yield parts of a long text as they come, while another thread takes up the hash of each.

    Args:
        parts: The parts.
        digest: What takes them up: all of them, once the last one has been taken here.
    """
    with ThreadPoolExecutor(1) as aside:
        begun: Future[None] | None = None
        for part in parts:
            if begun is not None:
                begun.result()
            begun = None
            if len(part) < HASHED_ASIDE:
                digest.update(part)
            else:
                begun = aside.submit(digest.update, part)
            yield part
        if begun is not None:
            begun.result()


def filled_parts(content: object, lists: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    """Yield the canonical JSON, in parts, of a message whose long lists are written apart.

    Args:
        content: The message, with these lists empty; none of them may be left out.
        lists: The text of each list, in parts, by its name on the wire.
    """
    rest = canonical_json(content)
    for name in sorted(lists):
        before, found, rest = rest.partition(b'"%b":[]' % name.encode())
        if not found:
            raise ValueError(f"{name} is no empty list of the message.")
        yield before
        yield found[:-2]
        yield from lists[name]
    yield rest


def long_parts(message: msgspec.Struct, field: str) -> Iterator[bytes]:
    """Yield the canonical JSON of a message in parts, since one of its lists is long.

    Args:
        message: The message.
        field: The name of that list, which is the same on the wire.
    """
    items = canonical_parts(getattr(message, field))
    return filled_parts(msgspec.structs.replace(message, **{field: []}), {field: items})


def long_hash(message: msgspec.Struct, field: str) -> str:
    """Return the hash of a message as `content_hash` does, and as `long_parts` writes it."""
    digest = hashlib.sha256()
    for part in long_parts(message, field):
        digest.update(part)
    return digest.hexdigest()


def complete_json(content: object) -> bytes:
    """Return JSON of a content in the same form, but with all fields, for people to read.

    Args:
        content: Anything msgspec encodes.
    """
    return _ENCODER.encode(content)


def content_hash(content: object) -> str:
    """Return the SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(content)).hexdigest()


def is_left_out(field: msgspec.structs.FieldInfo) -> bool:
    """Return whether a struct's field is left out of the canonical form where it is absent.

    Args:
        field: The field, as msgspec describes it.
    """
    default = field.default
    if default is msgspec.NODEFAULT:
        return field.default_factory in _EMPTY_FACTORIES
    if isinstance(default, int) and not isinstance(default, bool | Enum):
        return default in _ONE_OBJECT_EACH
    return default is None or isinstance(default, bool | Enum) or default == ()


def _without_absent(content: object) -> object:
    if isinstance(content, msgspec.Struct):
        return _converted(content, _reduced_type(type(content)))
    if isinstance(content, Mapping):
        return {key: _without_absent(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        kinds = {type(each) for each in content}
        if len(kinds) == 1 and issubclass(kind := kinds.pop(), msgspec.Struct):
            return _converted(content, list[_reduced_type(kind)])  # type: ignore[misc]
        return [_without_absent(each) for each in content]
    return content


def _converted(content: object, kind: Any) -> object:
    return msgspec.convert(content, kind, from_attributes=True)


@cache
def _reduced_type(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """Return a struct type with the same fields, of which absent ones are not encoded.

    All structs are converted to it by msgspec in one go, which is many times as fast as walking
    through them here.
    """
    hints = get_type_hints(kind)
    config = kind.__struct_config__
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for field in msgspec.structs.fields(kind):
        held = _reduced_hint(hints[field.name])
        if not is_left_out(field):
            fields.append((field.name, held))
        elif field.default is msgspec.NODEFAULT:
            fields.append((field.name, held, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.name, held, field.default))
    return msgspec.defstruct(
        f"Reduced{kind.__name__}",
        fields,
        kw_only=True,
        omit_defaults=True,
        rename={each.name: each.encode_name for each in msgspec.structs.fields(kind)},
        tag_field=config.tag_field,
        tag=config.tag,
        gc=False,  # they live as long as it takes to encode them
    )


@cache
def _leaves_out(kind: type[msgspec.Struct]) -> bool:
    """Return whether a struct type without others in it leaves out what is absent by itself."""
    hints = get_type_hints(kind)
    return kind.__struct_config__.omit_defaults and all(
        (is_left_out(field) or field.required) and _reduced_hint(hints[field.name]) is Any
        for field in msgspec.structs.fields(kind)
    )


def _reduced_hint(hint: Any) -> Any:
    """Return a type with every struct in it reduced; Any where it holds none to reduce."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return Any if _leaves_out(hint) else _reduced_type(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin not in {list, tuple, dict, Union, UnionType}:
        return Any
    reduced = [each if each is ... else _reduced_hint(each) for each in arguments]
    found = [each for each in reduced if each not in {..., Any}]
    if not found:
        return Any
    if origin not in {Union, UnionType}:
        return origin[tuple(reduced)]
    if len(found) > 1:
        raise TypeError(f"{hint} may hold structs of several types: it has no canonical form.")
    return found[0] | None
