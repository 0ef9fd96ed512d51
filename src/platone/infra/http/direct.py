"""Calls that are led straight to their route.

FastAPI finds the route of a call by trying one after the other, hundreds of them here, and what
the route depends on by a way that fits everything: together up to a millisecond of each call. A
route with a fixed address that depends on nothing but the request (its caller, its body) is found
in a table, and what it depends on is asked for in the order that is known beforehand::

    call ──table──► caller ──► body ──► route ──► answer
         └──not in it──► FastAPI's own way

It is the same route with the same dependencies, so rights, problems and OpenAPI are what they were.
"""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

_FOUND = "platone.direct"
"""Where a call's scope holds the route that it is led to."""
_ASKED = ("path_params", "query_params", "header_params", "cookie_params", "body_params")
_GIVEN = (
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
    "concurrency",
)
"""The things that FastAPI gives a dependency besides the request: routes with one go its way."""
Call = tuple[str, str]
"""A method and an address."""
_Earlier = tuple[set[str] | None, re.Pattern[str] | None]
"""The methods and addresses that a route answers; none where it does not tell them."""


class _NotDirect(Exception):
    """A route needs FastAPI's own way."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A dependency, or the route itself.

    Attributes:
        call: What is called.
        request: The name of the parameter that takes the request, if there is one.
        takes: The names of the others, and the numbers of the steps that give them.
    """

    call: Callable[..., Any]
    request: str | None
    takes: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Direct:
    """A route, and the steps to its answer."""

    route: APIRoute
    steps: tuple[_Step, ...]

    async def answer(self, request: Request) -> Response:
        """Return the answer of the route, which is what its last step gives."""
        given: list[Any] = []
        for step in self.steps:
            named = {name: given[number] for name, number in step.takes}
            if step.request is not None:
                named[step.request] = request
            given.append(await step.call(**named))
        response: Response = given[-1]
        return response


class DirectRoutes(BaseRoute):
    """The first route of an application, which finds those with a fixed address in a table.

    Args:
        app: The application. What is added to it later is found as well.
    """

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._known = 0
        self._table: dict[Call, _Direct] = {}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a call is in the table; all others are FastAPI's."""
        if scope["type"] != "http" or scope.get("root_path"):
            return Match.NONE, {}
        found = self.table.get((scope["method"], scope["path"]))
        if found is None:
            return Match.NONE, {}
        told = {"endpoint": found.route.endpoint, "path_params": {}, "route": found.route}
        return Match.FULL, told | {_FOUND: found}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call that is in the table."""
        response = await scope[_FOUND].answer(Request(scope, receive, send))
        await response(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Refuse to name an address: the routes themselves do."""
        raise NoMatchFound(name, path_params)

    @property
    def table(self) -> dict[Call, _Direct]:
        """The routes by method and address, made anew where there are more of them."""
        routes = self._app.router.routes
        if len(routes) != self._known:
            own = [each for each in routes if each is not self]
            self._table, self._known = dict(_direct_routes(own)), len(routes)
        return self._table


def install_direct(app: FastAPI) -> DirectRoutes:
    """Lead calls straight to those routes of an application for which that is the same."""
    direct = DirectRoutes(app)
    app.router.routes.insert(0, direct)
    return direct


def _direct_routes(routes: Sequence[BaseRoute]) -> Iterator[tuple[Call, _Direct]]:
    """Yield the routes with a fixed address that no earlier one answers."""
    earlier: list[_Earlier] = []
    for context in iter_route_contexts(routes):
        steps = _steps_to(context)
        for method in context.methods or () if steps else ():
            call = method, str(context.path)
            if not any(_answers(each, call) for each in earlier):
                yield call, _Direct(context.original_route, steps)  # type: ignore[arg-type]
        earlier.append((context.methods, getattr(context, "path_regex", None)))


def _answers(route: _Earlier, call: Call) -> bool:
    """Return whether a route answers a call; of one that cannot tell it is taken to be so."""
    methods, pattern = route
    is_of_method = methods is None or call[0] in methods
    return is_of_method and (pattern is None or pattern.match(call[1]) is not None)


def _steps_to(context: RouteContext) -> tuple[_Step, ...]:
    """Return the steps to a route's answer; none where it needs FastAPI's own way."""
    route = context.original_route
    if type(route) is not APIRoute or "{" in str(context.path):
        return ()
    told = get_type_hints(route.endpoint).get("return")
    if not isinstance(told, type) or not issubclass(told, Response):
        return ()
    steps: list[_Step] = []
    try:
        _add_step(context.dependant, steps)
    except _NotDirect:
        return ()
    return tuple(steps)


def _add_step(dependant: Dependant, steps: list[_Step]) -> int:
    """Add the steps to what a dependency gives, each only once, and return the number of its own.

    Raises:
        _NotDirect: It needs more than the request.
    """
    call = dependant.call
    if call is None or not _is_awaited(call) or not dependant.use_cache:
        raise _NotDirect
    if any(getattr(dependant, name) for name in (*_ASKED, *_GIVEN)):
        raise _NotDirect
    takes = []
    for each in dependant.dependencies:
        number = _add_step(each, steps)
        if each.name is not None:
            takes.append((each.name, number))
    for number, step in enumerate(steps):
        if step.call is call:
            return number
    steps.append(_Step(call, dependant.request_param_name, tuple(takes)))
    return len(steps) - 1


def _is_awaited(call: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(
        getattr(type(call), "__call__", None)  # noqa: B004 - the method, not whether it is there
    )
