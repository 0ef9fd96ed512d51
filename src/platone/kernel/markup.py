"""The one writer of SVG and HTML: tags whose attributes and contents are escaped."""

import re
from collections.abc import Iterable
from html import escape

# what XML 1.0 cannot hold, not even escaped
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Value = str | float


def text_of(value: str) -> str:
    """Return any text as XML character data."""
    return escape(_FORBIDDEN.sub("\ufffd", value))


def number(value: float) -> str:
    """Return a coordinate as text, to a tenth."""
    found = f"{value:.1f}".removesuffix(".0")
    return "0" if found == "-0" else found


def tag(name: str, content: str | Iterable[str] = "", /, **attributes: Value | None) -> str:
    """Return a tag; its content is markup already, its attributes are not.

    In names of attributes ``_`` stands for ``-``.
    """
    inner = content if isinstance(content, str) else "".join(content)
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def words(content: str, x: float, y: float, **attributes: Value | None) -> str:
    """Return a line of text at a place."""
    return tag("text", text_of(content), x=x, y=y, **attributes)


def titled(content: str) -> str:
    """Return a title, which a viewer shows on hovering and reads aloud."""
    return tag("title", text_of(content))


def _attribute(value: Value) -> str:
    return text_of(value) if isinstance(value, str) else number(value)
