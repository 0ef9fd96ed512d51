"""Errors on the wire: application/problem+json (RFC 9457), each type documented."""

import inspect
import logging
import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from platone.infra.storage import storage_failure
from platone.kernel.errors import Kind, MalformedMessage, PlatoneError, problem_types

F = TypeVar("F", bound=Callable[..., Any])

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {
    Kind.MALFORMED: 400,
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.TOO_LARGE: 413,
    Kind.TOO_OFTEN: 429,
    Kind.TOO_EARLY: 425,
    Kind.UNAVAILABLE: 503,
}
"""HTTP status of each kind of error."""


_MOST_REASONS = 200
"""Reasons of one refusal that are told, 60 kB of them: beyond that it is the sender's habit."""
TOLD = "problems_told"
"""The mark of a dependency or route that tells OpenAPI which problems it answers."""


def tells(*kinds: type[PlatoneError]) -> Callable[[F], F]:
    """Return a decorator of a dependency, which tells OpenAPI the problems that it answers."""

    def mark(function: F) -> F:
        setattr(function, TOLD, kinds)
        return function

    return mark


def problem_of(error: PlatoneError) -> dict[str, object]:
    """Return a problem as a JSON object; the error's fields stand beside the standard members.

    Where a refusal has several reasons, `errors` lists them all, the problem's own first.
    """
    told = _reason(error) | {"status": STATUS[error.kind]}
    if error.others:
        reasons = (error, *error.others)
        told["errors"] = [_reason(each) for each in reasons[:_MOST_REASONS]]
        told["errorCount"] = len(reasons)
    return told


def _reason(error: PlatoneError) -> dict[str, object]:
    return error.fields | {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "detail": error.detail,
    }


def problem_response(error: PlatoneError) -> Response:
    """Return a problem as an HTTP response."""
    status = STATUS[error.kind]
    headers = {"WWW-Authenticate": "Bearer"} if status == STATUS[Kind.UNAUTHENTICATED] else {}
    if (after_s := error.fields.get("retryAfterS")) is not None:
        headers["Retry-After"] = str(after_s)
    body = msgspec.json.encode(problem_of(error))
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


_NOT_FOUND = 404
"""The status of an address at which nothing is."""
_NOT_THERE = "There is no such problem type.\n"
_EXPLANATION = {
    "description": "The type in words",
    "content": {
        "text/plain": {
            "schema": {"type": "string"},
            "example": "This belongs to another party\nHTTP status 403\n\nThe caller may …\n",
        }
    },
}
_NO_EXPLANATION = {
    "description": "There is no such type",
    "content": {"text/plain": {"schema": {"type": "string"}, "example": _NOT_THERE}},
}


async def _answer_problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, PlatoneError):
        raise error
    return problem_response(error)


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer Starlette's own refusals (unknown path, wrong method) as problems.

    A browser that asks for a page where none is gets one that says so, from `app.state.nowhere`.
    """
    if not isinstance(error, HTTPException):
        raise error
    show = getattr(request.app.state, "nowhere", None)
    asks_for_page = "text/html" in request.headers.get("Accept", "")
    if show is not None and asks_for_page and error.status_code == _NOT_FOUND:
        page: Response = await show(request)
        return page
    body = {"type": "about:blank", "title": error.detail, "status": error.status_code}
    return Response(msgspec.json.encode(body), error.status_code, media_type=MEDIA_TYPE)


async def _answer_parameters(_request: Request, error: Exception) -> Response:
    """Answer a path or query parameter that FastAPI refuses as a problem."""
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return problem_response(MalformedMessage(f"A parameter is not valid: {'; '.join(wrong)}"))


async def _answer_storage(request: Request, error: Exception) -> Response:
    """Answer a full or failing disk as a problem; other errors of their kinds are failures."""
    problem = storage_failure(error)
    if problem is None:
        raise error
    _log.error("%s %s: %s", request.method, request.url.path, problem.detail)
    return problem_response(problem)


async def _answer_failure(request: Request, error: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    body = {"type": "about:blank", "title": "Internal error", "status": 500}
    return Response(msgspec.json.encode(body), 500, media_type=MEDIA_TYPE)


def describe(slug: str) -> str | None:
    """Return the documentation of a problem type as plain text; None where there is none."""
    for kind in problem_types():
        if kind.slug == slug:
            return f"{kind.title}\nHTTP status {STATUS[kind.kind]}\n\n{inspect.getdoc(kind)}\n"
    return None


async def _explain(slug: str) -> Response:
    """Explain a problem type, and how to solve it."""
    text = describe(slug)
    if text is None:
        return Response(_NOT_THERE, 404, media_type="text/plain")
    return Response(text, media_type="text/plain")


def install_problems(app: FastAPI) -> None:
    """Answer every error as a problem, and explain each type at /problems/{slug}."""
    app.add_exception_handler(PlatoneError, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_parameters)
    for kind in (DBAPIError, sqlite3.Error, OSError):
        app.add_exception_handler(kind, _answer_storage)
    app.add_exception_handler(Exception, _answer_failure)
    answers = {200: _EXPLANATION, 404: _NO_EXPLANATION}
    app.add_api_route(
        "/problems/{slug}",
        _explain,
        tags=["documentation"],
        response_class=PlainTextResponse,
        responses=answers | {"4XX": {}},
    )
