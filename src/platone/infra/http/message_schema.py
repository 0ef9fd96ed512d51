"""JSON Schema of messages: msgspec's, with each field's description at the field."""

import inspect
import itertools
import re
from collections.abc import Iterator
from typing import Any

import msgspec

_REF = "#/components/schemas/{name}"
_SECTION = "Attributes:"
_FIELD = re.compile(r"    (\w+): (.*)")
_MORE = " " * 4
"""The margin of each line of the section."""

Schema = dict[str, Any]


class MessageSchemas:
    """The schemas of all messages that routes name, as the components of one OpenAPI document.

    Attributes:
        components: The schemas by the messages' names.
        kinds: The messages by name.
    """

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self.kinds: dict[str, type] = {}

    def of(self, kind: Any) -> Schema:
        """Return the schema of a message or another type, and keep those it refers to.

        A tuple is any one of its types, also where the decoder could not tell them apart.

        Raises:
            ValueError: Two messages have one name and different fields.
        """
        if isinstance(kind, tuple):
            return {"anyOf": [self.of(each) for each in kind]}
        (schema,), found = msgspec.json.schema_components(
            [kind], schema_hook=lambda _kind: {}, ref_template=_REF
        )
        for cls in _classes(msgspec.inspect.type_info(kind)):
            if cls.__name__ in found:
                _describe(cls, found[cls.__name__])
                self.kinds[cls.__name__] = cls
        for name, component in found.items():
            if self.components.setdefault(name, component) != component:
                raise ValueError(f"Two messages that routes name are called {name}.")
        return schema


def field_meanings(cls: type) -> dict[str, str]:
    """Return the description of each attribute in the docstrings of a class and its bases."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base is not object:
            found |= _attributes(base.__doc__ or "")
    return found


def _attributes(docstring: str) -> dict[str, str]:
    """Return the section of attributes in a docstring by name."""
    found: dict[str, str] = {}
    name = ""
    lines = inspect.cleandoc(docstring).partition(f"{_SECTION}\n")[2].splitlines()
    for line in itertools.takewhile(lambda each: not each or each.startswith(_MORE), lines):
        if start := _FIELD.fullmatch(line):
            name, found[start[1]] = start[1], start[2]
        elif line:
            found[name] += " " + line.strip()
    return {name: said.replace("``", "`") for name, said in found.items()}


def _describe(cls: type, schema: Schema) -> None:
    """Move the descriptions of fields from a message's docstring to the fields."""
    said = (schema.get("description") or "").partition(_SECTION)[0]
    if said.strip():
        schema["description"] = " ".join(said.replace("``", "`").split())
    fields = schema.get("properties", {})
    meanings = field_meanings(cls)
    for name, field in fields.items():
        told = meanings.get(_python_names(cls).get(name, name))
        if told is None and len(fields) == 1:  # what the message is, its only field is
            told = schema.get("description")
        if told is not None:
            field["description"] = told


def _python_names(cls: Any) -> dict[str, str]:
    """Return a class's names of attributes by their names on the wire."""
    return dict(
        zip(
            getattr(cls, "__struct_encode_fields__", ()),
            getattr(cls, "__struct_fields__", ()),
            strict=True,
        )
    )


def _classes(found: Any, seen: set[type] | None = None) -> Iterator[type]:
    """Yield every class with fields that a type is made of."""
    seen = set() if seen is None else seen
    cls = getattr(found, "cls", None)
    if isinstance(cls, type):
        if cls in seen:
            return
        seen.add(cls)
        yield cls
    for name in getattr(found, "__struct_fields__", ()):
        part = getattr(found, name)
        for each in part if isinstance(part, tuple) else (part,):
            if isinstance(each, (msgspec.inspect.Type, msgspec.inspect.Field)):
                yield from _classes(each, seen)
