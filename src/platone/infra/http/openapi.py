"""The OpenAPI document: what the routes take and answer, with examples, in words.

FastAPI gives the paths; this adds what it cannot know: the problems of each route, the fields'
descriptions, an example for each body.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from platone.infra.http.example import PARAMETER, ExampleMissing, Examples, read_table
from platone.infra.http.problem import TOLD
from platone.infra.http.problem_schema import NAME, PROBLEM, problem_responses, status_of
from platone.infra.http.wire import LIMIT, MOST_BYTES, SCHEMAS, SHOWN_AS
from platone.infra.storage import StorageUnavailable
from platone.kernel.errors import MalformedMessage, PlatoneError, problem_types

_REFUSED = "4XX"
_FASTAPIS = ("HTTPValidationError", "ValidationError")
"""Schemas of refusals that FastAPI would make; ours are problems."""


@dataclass(frozen=True, slots=True)
class Interface:
    """A server's interface besides its routes.

    Attributes:
        base_url: Where it is reached.
        problems: The problems that each route answers by slug, besides those that all answer;
            the key is as `GET /api/thing/{id}`.
    """

    base_url: str
    problems: Mapping[str, Sequence[str]]


def install_openapi(app: FastAPI, interface: Interface) -> None:
    """Make the application tell its whole interface at /openapi.json."""

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = make_openapi(app, interface)
        return app.openapi_schema

    app.openapi = schema  # type: ignore[method-assign]  # FastAPI's documented way


def make_openapi(app: FastAPI, interface: Interface) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info=app.license_info,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": interface.base_url}],
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update({name: dict(told) for name, told in SCHEMAS.components.items()})
    schemas[NAME] = PROBLEM
    for name in _FASTAPIS:
        schemas.pop(name, None)
    table = read_table()
    teller = _Teller(Examples(schemas, table), table[PARAMETER], interface.problems)
    for name in SCHEMAS.components:
        teller.add_example_of(name)
    for name, dependant in _routes(app):
        method, _, path = name.partition(" ")
        teller.complete(made["paths"][path][method.lower()], name, dependant)
    return made


def _routes(app: FastAPI) -> Iterator[tuple[str, Dependant]]:
    """Yield each route by its name, `GET /api/thing/{id}`, with what it depends on."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                yield f"{method} {route.path_format}", route.dependant


class _Teller:
    """Completes the descriptions of routes.

    Args:
        examples: Makes examples of messages.
        parameters: Descriptions and examples of parameters of the address, by name.
        problems: The problems that each route answers by slug.
    """

    def __init__(
        self,
        examples: Examples,
        parameters: Mapping[str, Any],
        problems: Mapping[str, Sequence[str]],
    ) -> None:
        self._examples = examples
        self._parameters = parameters
        self._problems = problems
        self._known = {kind.slug: kind for kind in problem_types()}

    def complete(self, told: dict[str, Any], name: str, dependant: Dependant) -> None:
        """Complete the description of one route."""
        told["summary"], told["description"] = _summary(told.get("description", ""))
        for parameter in told.get("parameters", ()):
            self._complete_parameter(parameter)
        if "requestBody" in told:
            self._add_examples(told["requestBody"])
            for limit in _limits_of(dependant):
                told["requestBody"][MOST_BYTES] = limit
        answers = told["responses"]
        answers.pop(_REFUSED, None)
        for answer in answers.values():
            self._add_examples(answer)
        own = [self._known[slug] for slug in self._problems.get(name, ())]
        every = [*own, *_common_problems(told, dependant)]
        # a status that the route itself describes is no problem, or one of a form of its own
        kinds = [kind for kind in every if status_of(kind) not in answers]
        for status, refusal in problem_responses(kinds, has_path="{" in name).items():
            answers.setdefault(status, {"content": {}} | refusal)["content"] |= refusal["content"]
        told["responses"] = dict(sorted(answers.items()))

    def add_example_of(self, name: str) -> None:
        """Add the example of a message to its schema."""
        with contextlib.suppress(ExampleMissing):  # a test asks for it; a server tells the rest
            self._examples.components[name]["examples"] = [self._examples.of_message(name)]

    def _complete_parameter(self, parameter: dict[str, Any]) -> None:
        parameter["schema"] = _parameter_schema(parameter["schema"])
        parameter |= self._parameters.get(parameter["name"], {}) | (
            {"description": parameter["description"]} if "description" in parameter else {}
        )

    def _add_examples(self, body: dict[str, Any]) -> None:
        for content in body.get("content", {}).values():
            schema = content.get("schema", {})
            if "example" in content or schema.get("format") == "binary" or not schema:
                continue
            with contextlib.suppress(ExampleMissing):
                content["example"] = self._examples.of(schema)


def _summary(docstring: str) -> tuple[str, str]:
    """Return the first paragraph of a route's docstring without its full stop, and the rest."""
    first, _, rest = re.sub(r"\f.*", "", docstring, flags=re.DOTALL).strip().partition("\n\n")
    return " ".join(first.split()).removesuffix("."), rest.strip()


def _common_problems(told: Mapping[str, Any], dependant: Dependant) -> Iterator[type[PlatoneError]]:
    """Yield the problems that follow from what a route depends on, and those of all routes."""
    yield from _problems_of(dependant)
    if any(map(_is_checked, told.get("parameters", ()))):
        yield MalformedMessage
    yield StorageUnavailable


def _problems_of(dependant: Dependant) -> Iterator[type[PlatoneError]]:
    for each in dependant.dependencies:
        yield from _problems_of(each)
    yield from getattr(dependant.call, TOLD, ())


def _limits_of(dependant: Dependant) -> Iterator[int]:
    """Yield the lengths of the longest bodies that a route's dependencies read, bytes."""
    for each in dependant.dependencies:
        yield from _limits_of(each)
    if (limit := getattr(dependant.call, LIMIT, None)) is not None:
        yield limit


def _parameter_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter of the address, which is never null, without its title."""
    kinds = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    one = dict(kinds[0]) if len(kinds) == 1 else {}
    kept = {key: schema[key] for key in schema if not one or key != "anyOf"}
    shown = one | kept
    shown = shown.pop(SHOWN_AS, None) or shown
    return {key: shown[key] for key in shown if key not in {"title", "description"}}


def _is_checked(parameter: Mapping[str, Any]) -> bool:
    """Return whether a parameter of the address can be refused before the route sees it."""
    is_needed = parameter["in"] == "query" and bool(parameter.get("required"))
    return is_needed or bool(parameter["schema"] != {"type": "string"})
