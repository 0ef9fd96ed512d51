"""Writes docs/reference/problems.md from the problem types that the contexts declare.

Usage: python tools/problem_page.py
"""

import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from pathlib import Path

import platone
from platone.infra.http.problem import STATUS
from platone.kernel.errors import PlatoneError, problem_types

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "problems.md"
_HEAD = """\
# Problems

Whatever the framework refuses, it answers with a *problem*: a small JSON object of the type
`application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

```json
{"type": "/problems/offer-outside-limits",
 "title": "The offer passes the contracted flexibility",
 "status": 422,
 "detail": "IT002E61899978 at index 50: 100.0 kW is not between 278.545 and 2278.545 kW.",
 "pod": "IT002E61899978", "index": 50, "leastKw": 278.545, "mostKw": 2278.545}
```

`type` names what is wrong and is the address of its explanation on the server, `detail` says it
of this one case, and further members are facts of this case. In an answer to many items each
item that was refused carries its own problem; the others are stored. A message over MQTT is
refused with the last part of the type as `reason`.

What to do follows from the status:

| status | meaning | what to do |
|---|---|---|
| 401 | nobody is known by these credentials | fetch a new token |
| 403 | the caller is known, but has no right to this | ask whoever has |
| 404 | there is no such thing (yet) | look at the identifier; wait, if it is to come |
| 409 | it contradicts what is stored, or the state of a thing | read it before you send again |
| 413 | it is too large | send it in parts |
| 422 | the content is wrong | mend it, or what it names: until then the same is refused again |
| 503 | something else does not answer | the same call may work later |

The server's own refusals of an address that does not exist (404), or of a method that an address
does not have (405), have the type `about:blank`, as RFC 9457 has it. The token endpoint answers
in the form of RFC 6749 (`{"error", "error_description"}`) instead.

This page is made from the source by `python tools/problem_page.py`; a test keeps it current.
"""
_ROLE = re.compile(r":\w+:`~?([^`]*)`")


def declared() -> list[type[PlatoneError]]:
    """All problem types, with every module of the framework imported."""
    for module in pkgutil.walk_packages(platone.__path__, "platone."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = f"{platone.__name__}."  # not what a test declares
    kinds = (kind for kind in problem_types() if kind.__module__.startswith(ours))
    return [kind for kind in kinds if kind is not PlatoneError]


def make() -> str:
    """The page."""
    by_slug: dict[str, list[type[PlatoneError]]] = defaultdict(list)
    for kind in declared():
        by_slug[kind.slug].append(kind)
    index = ["", "| problem | status | in short |", "|---|---|---|"]
    sections: list[str] = []
    for slug, kinds in by_slug.items():
        index += [
            f"| [`{slug}`](#{slug}) | {_status(kind)} | {kind.title} ({_context(kind)}) |"
            for kind in kinds
        ]
        sections += ["", f"## `{slug}`"]
        for kind in kinds:
            sections += ["", f"**{kind.title}** — HTTP {_status(kind)}, {_context(kind)}.", ""]
            sections += [_plain(kind)]
    return _HEAD + "\n".join(index + sections) + "\n"


def _status(kind: type[PlatoneError]) -> int:
    return STATUS[kind.kind]


def _context(kind: type[PlatoneError]) -> str:
    return kind.__module__.split(".")[1]


def _plain(kind: type[PlatoneError]) -> str:
    return _ROLE.sub(r"`\1`", inspect.getdoc(kind) or "").replace("``", "`")


if __name__ == "__main__":
    PAGE.write_text(make(), "utf-8")
