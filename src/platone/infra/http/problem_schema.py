"""Problems in OpenAPI: which types a route answers, by status, each with its explanation."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from platone.infra.http.message_schema import Schema
from platone.infra.http.problem import MEDIA_TYPE, STATUS
from platone.kernel.errors import PlatoneError

NAME = "Problem"
PROBLEM: Schema = {
    "title": NAME,
    "description": "What is wrong (RFC 9457). Further members are facts of the one case.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "Address of the type's explanation."},
        "title": {"type": "string", "description": "The type in a few words."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What is wrong in this case."},
        "errors": {
            "type": "array",
            "description": "All reasons, where there are several: the first is the problem's own.",
            "items": {
                "type": "object",
                "required": ["type", "title", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "errorCount": {"type": "integer", "description": "How many reasons there are."},
    },
    "examples": [
        {
            "type": "/problems/not-owner",
            "title": "This belongs to another party",
            "status": 403,
            "detail": "The wallet of IT001E00000071 belongs to other parties.",
        }
    ],
}
_UNKNOWN_PATH = {"type": "about:blank", "title": "Not Found", "status": 404}


def status_of(kind: type[PlatoneError]) -> str:
    """Return the HTTP status of a problem type, as OpenAPI writes it."""
    return str(STATUS[kind.kind])


def problem_responses(kinds: Iterable[type[PlatoneError]], *, has_path: bool) -> dict[str, Any]:
    """Return the responses that tell problems, by status.

    Args:
        kinds: The problems of a route.
        has_path: Whether a part of the address is free, so that it may be no address at all.
    """
    by_status: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(kinds):
        shown = by_status.setdefault(status_of(kind), {})
        shown[kind.slug] = {"summary": kind.title, "value": _example(kind)}
    if has_path:
        shown = by_status.setdefault(str(_UNKNOWN_PATH["status"]), {})
        shown["unknown-address"] = {"summary": "No such address", "value": _UNKNOWN_PATH}
    return {status: _response(examples) for status, examples in sorted(by_status.items())}


def _example(kind: type[PlatoneError]) -> dict[str, object]:
    said = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    return {
        "type": f"/problems/{kind.slug}",
        "title": kind.title,
        "status": STATUS[kind.kind],
        "detail": said,
    }


def _response(examples: Mapping[str, Any]) -> dict[str, Any]:
    types = [each["value"]["type"] for each in examples.values()]
    schema = {
        "allOf": [{"$ref": f"#/components/schemas/{NAME}"}],
        "properties": {"type": {"enum": types}},
    }
    titles = "; ".join(each["summary"] for each in examples.values())
    return {
        "description": f"{titles}.",
        "content": {MEDIA_TYPE: {"schema": schema, "examples": dict(examples)}},
    }
