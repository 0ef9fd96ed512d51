"""Content made to break out of pages, put in every text of a body that OpenAPI lets be anything."""

import re
from collections.abc import Callable, Iterator
from typing import Any

STRANGE = {
    "markup": '"><img/src=x/onerror=alert(1)><script>alert(2)</script>',
    "attribute": "'onfocus=alert(3)/autofocus/x='",
    "link": "javascript:alert(4)//",
    "template": "{{7*7}}${7*7}<%=7*7%>",
    "formula": "=HYPERLINK(1)",
    "at": "@SUM(1+1)*cmd|'/C'!A0",
    "long word": "W" * 150,
    "reordered": "\u202egnp.exe\u2066 left open",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "joined": "\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f3\ufe0f\u200d\U0001f308",
    "marks": "Z" + "\u0351\u036b\u0343\u036a\u0302" * 12 + "algo",
    "control": "a\u200bb\u00adc\u2028d\ufeffe",
}
"""Strange texts by what is strange in them."""
Path = tuple[str | int, ...]


def variants(
    document: Any, method: str, route: str, make: Callable[[int], Any], mark: str
) -> Iterator[tuple[str, str, Any]]:
    """Bodies with one strange text in one place, which their description allows there.

    Args:
        document: What OpenAPI tells.
        method: The method, in small letters.
        route: The route, with names in braces.
        make: Gives a good body, for each number another one.
        mark: What each text ends in, with a number, so that it is told apart.

    Yields:
        The field, the strange text and the body.
    """
    content = document["paths"][route][method]["requestBody"]["content"]["application/json"]
    number = 0
    for place in _texts(make(0)):
        told = _schema_at(document, content["schema"], place)
        for text in STRANGE.values():
            number += 1
            strange = f"{text}{mark}{number}"
            if told is not None and _takes(told, strange):
                field = ".".join(str(each) for each in place if isinstance(each, str))
                yield field, strange, _put(make(number), place, strange)


def _texts(body: Any, place: Path = ()) -> Iterator[Path]:
    listed = enumerate(body) if isinstance(body, list) else ()
    for name, value in body.items() if isinstance(body, dict) else listed:
        yield from _texts(value, (*place, name))
    if isinstance(body, str):
        yield place


def _put(body: Any, place: Path, text: str) -> Any:
    within = body
    for each in place[:-1]:
        within = within[each]
    within[place[-1]] = text
    return body


def _takes(told: Any, text: str) -> bool:
    if {"enum", "format", "const"} & told.keys() or len(text) > told.get("maxLength", 10_000):
        return False
    return bool(re.search(told.get("pattern", ""), text))


def _schema_at(document: Any, schema: Any, place: Path) -> Any:
    """What is told of a place in a body; none where it may be no text, or is not told."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if (found := _schema_at(document, choice, place)) is not None:
            return found
    if not place:
        return schema if schema.get("type") == "string" else None
    inner = (
        schema.get("items")
        if isinstance(place[0], int)
        else schema.get("properties", {}).get(place[0], schema.get("additionalProperties"))
    )
    return _schema_at(document, inner, place[1:]) if isinstance(inner, dict) else None
