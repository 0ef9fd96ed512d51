"""Find what nobody uses: `python tools/dead_code.py`; the exit status is 1 where there is any.

Vulture compares names. Functions, methods, properties, classes and imports without a use of
their name are told; so are arguments and code that cannot be reached. Fields and attributes are
not: most of them are read by whoever receives a message. What a page's template names is used.
"""

import re
import sys
from pathlib import Path

import vulture

ROOT = Path(__file__).parents[1]

HANDED_OVER = ["@router.*", "@app.*", "@*.register", "@compiles"]
"""Decorators that hand a function to FastAPI, typer, functools or SQLAlchemy."""

CALLED_FROM_OUTSIDE = {
    "__getattr__": "Python, of a module",
    "_authenticate": "amqtt, of a broker",
    "_exists": "py-evm, of a database",
    "_publish_session_retained_messages": "amqtt, of a broker",
    "_topic_filtering": "amqtt, of a broker",
    "atomic_batch": "py-evm, of a database",
    "_repr_html_": "Jupyter, of a result",
    "_repr_mimebundle_": "Jupyter, of a picture",
    "complex_power": "users of the library: docs/reference/phasor-power.md",
    "feed_eof": "asyncio, of a stream",
    "load_dialect_impl": "SQLAlchemy, of a type",
    "process_bind_param": "SQLAlchemy, of a type",
    "process_result_value": "SQLAlchemy, of a type",
    "symmetrical_components": "users of the library: docs/reference/phasor-power.md",
    "to_frame": "users of the library, of a result",
    "total_va": "users of the library: docs/reference/phasor-power.md",
    "url_path_for": "Starlette, of a route",
}
"""Names that nothing in the package uses, and who does."""

_KINDS = {"class", "function", "import", "method", "property", "unreachable_code"}
_LIKELY, _SURE = 60, 80
"""Vulture's confidence, percent: of names without any use, and of what can be seen to be unused."""


def main() -> int:
    """Tell what is unused, and names that are excused for nothing."""
    found = vulture.Vulture(ignore_decorators=HANDED_OVER)
    found.scavenge([ROOT / "src"])
    shown = {
        name
        for template in (ROOT / "src").rglob("*.j2")
        for name in re.findall(r"\.(\w+)", template.read_text("utf-8"))
    }
    told = [
        item
        for item in found.get_unused_code(min_confidence=_LIKELY)
        if (item.typ in _KINDS or item.confidence >= _SURE) and item.name not in shown
    ]
    for item in told:
        if item.name not in CALLED_FROM_OUTSIDE:
            place = f"{item.filename.relative_to(ROOT)}:{item.first_lineno}"
            sys.stdout.write(f"    {place}: unused {item.typ} '{item.name}'\n")
    needless = CALLED_FROM_OUTSIDE.keys() - {item.name for item in told}
    for name in sorted(needless):
        sys.stdout.write(f"    tools/dead_code.py: '{name}' needs no excuse\n")
    return 1 if needless or any(item.name not in CALLED_FROM_OUTSIDE for item in told) else 0


if __name__ == "__main__":
    sys.exit(main())
