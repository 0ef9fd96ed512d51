"""Examples of messages for OpenAPI: made from their schemas, and from what fields are called.

The published language calls one thing by one name, so a table of names gives messages that fit
together: `platone/messages/example.toml`.
"""

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from platone.infra.http.message_schema import Schema

_PACKAGE, _FILE = "platone.messages", "example.toml"
_WHOLE = "field"
"""The table of values by a field's name, in whatever message it stands."""
PARAMETER = "parameter"
"""The table of descriptions and examples of parameters of the address, by name."""
_ABSENT = "absent"
"""The key that lists the optional fields of a message that its example leaves out."""
_ALTERNATIVES = re.compile(r"\^\(?(\w+)(\|\w+)*\)?\$")
"""A pattern that lists words: each of them is an example."""
_DEEPEST = 40
"""Messages inside one another, at most: those that hold themselves have no example."""


class ExampleMissing(LookupError):
    """An example cannot be made: a value must be told in the table of examples."""


def read_table() -> dict[str, dict[str, Any]]:
    """Return the values of fields by message, and by name alone under `field`."""
    return tomllib.loads(resources.files(_PACKAGE).joinpath(_FILE).read_text("utf-8"))


class Examples:
    """Makes an example of each schema.

    Args:
        components: The schemas of messages by name.
        table: Values of fields, see :func:`read_table`.

    Attributes:
        components: The schemas.
    """

    def __init__(
        self, components: Mapping[str, Schema], table: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.components = components
        self._table = table

    def of(self, schema: Schema, where: str = "body", depth: int = 0) -> Any:
        """Return an example of a schema.

        Args:
            schema: The schema.
            where: What it is of: `Message.field`.
            depth: How many schemas it lies within.

        Raises:
            ExampleMissing: A field's value is not told; the error says which.
        """
        if "$ref" in schema:
            return self.of_message(schema["$ref"].rpartition("/")[2], depth + 1)
        if depth > _DEEPEST:
            raise ExampleMissing(f"{where} holds itself: tell it in {_FILE}.")
        for several in ("anyOf", "oneOf"):
            if several in schema:
                kinds = [each for each in schema[several] if each.get("type") != "null"]
                return self.of(kinds[0], where, depth + 1)
        return self._plain(schema, where, depth)

    def _plain(self, schema: Schema, where: str, depth: int) -> Any:
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        if schema.get("type") == "array" and "prefixItems" in schema:
            return [self.of(each, where, depth + 1) for each in schema["prefixItems"]]
        if schema.get("type") == "array" and schema.get("items"):
            one = self.of(schema["items"], where, depth + 1)
            return [one] * max(1, schema.get("minItems", 1))
        if schema.get("type") == "object" and "properties" not in schema:
            return {"name": self.of(schema.get("additionalProperties", {}), where, depth + 1)}
        if words := _ALTERNATIVES.fullmatch(schema.get("pattern", "")):
            return words[1]
        raise ExampleMissing(f"{where} has no example: tell one in platone/messages/{_FILE}.")

    def of_message(self, name: str, depth: int = 0) -> Any:
        """Return an example of a message by its name.

        Raises:
            ExampleMissing: A field's value is not told; the error says which.
        """
        schema = self.components[name]
        if "properties" not in schema:
            return self.of(schema, name, depth)
        own = self._table.get(name, {})
        absent = own.get(_ABSENT, ())
        return {
            field: self._field(name, field, kind, depth)
            for field, kind in schema["properties"].items()
            if field not in absent
        }

    def _field(self, message: str, field: str, schema: Schema, depth: int) -> Any:
        own = self._table.get(message, {})
        if field in own:
            return own[field]
        try:
            return self.of(schema, f"{message}.{field}", depth)
        except ExampleMissing:
            told = self._table[_WHOLE].get(field)
            if told is None:
                raise
            return _as_many(schema, told)


def _as_many(schema: Schema, value: Any) -> Any:
    """Return a value, in a list where the field holds many."""
    kinds = [schema, *schema.get("anyOf", ())]
    holds_many = any(each.get("type") == "array" for each in kinds)
    return [value] if holds_many and not isinstance(value, list) else value
