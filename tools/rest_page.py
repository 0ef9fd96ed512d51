"""Writes docs/reference/rest.md from a running server: its OpenAPI, and whom it lets in.

Usage: python tools/rest_page.py    (starts a server of its own in a temporary folder)
"""

import contextlib
import re
import ssl
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

from platone.bootstrap import spawned_server
from platone.bootstrap.interface import TAGS, route_problems
from platone.infra.http.wire import MOST_BYTES

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "rest.md"
PROBLEMS = route_problems()
ONE_OF_EACH = ("CUSTOMER-1", "AUDITOR", "MO", "MDA", "ACEAE", "DSO", "DPO")
Call = Callable[[str, str, str], Any]
"""Party, method, path: the answer."""
CASE_HEADER = "Audit-Case"
"""Told once for all routes, at the top of the page."""
ALL_ROLES = 7
_HEAD = """\
# REST interface

All calls go to one address, over TLS. A call carries an OAuth2 bearer token of the party that
makes it: `POST /oauth2/token` gives one for the party's client identifier and secret (see
[Drive the market by REST](../how-to/drive-by-rest.md)). A running server shows the same as an
interactive page at `/docs`, and as OpenAPI at `/openapi.json`.

- **Bodies** are JSON objects. A field that is not documented here is refused, so that a spelling
  mistake never goes unnoticed. NaN and infinities are no JSON and are refused.
- **Time** is ISO-8601 with a zone (`2021-06-22T22:00:00Z`); spans are half-open.
- **Power** is in kW, load convention: positive is withdrawn from the grid. `index` counts the
  quarter-hours of the market day from local midnight, from 0.
- **Sending again is safe.** The same identifier with the same content answers 200 and
  `alreadySubmitted`; with other content 409 `duplicate-identifier`.
- **Many at once**: where a message holds many items, each has its own result; what is wrong with
  one stops no other. Taken or refused whole are what means something only as a whole: a request or
  an offer, an outcome, a signed message of readings, a network; and a body that is not of its form,
  of which nothing is taken (the platform's own systems then send its halves apart).
- **Lists** are answered in parts, in one order: `limit` items at most, and `next` where more
  follow; ask again with it as `after`, as it stands there. Each item that stays comes once,
  whatever is added or removed meanwhile. An `after` that is no place of the list answers
  `place-unknown`.
- **Rights**: "who" names the roles that may call; what each of them sees, and for what, stands in
  [Rights](rights.md). An auditor names a case with every call, in the header `Audit-Case`.
- **Long calculations** are answered 202 with the address of a job once the caller has waited 20
  seconds. Ask it now and then (`GET /api/dso/jobs/{job_id}`: place in the queue, running, done,
  failed), read its result, whole or in pages (`?from=48&count=4`), or cancel it (`DELETE`).
  `Prefer: wait=50` waits longer, a minute at most, `Prefer: respond-async` not at all. Pictures,
  files and exports wait a minute. A full queue answers 503 with `Retry-After`.
- **Problems**: every refusal is explained in [Problems](problems.md). All routes that need a token
  can answer `token-missing`, `token-invalid`, `role-missing` and to an auditor `case-missing`; all
  that take a body `malformed-message` and `body-too-large`; and all `storage-unavailable`
  (503) while the server's disk takes nothing. The lists below name the others.

This page is made from a running server by `python tools/rest_page.py`; a test keeps it current.
"""


def make(openapi: Any, call: Call) -> str:
    """The page.

    Args:
        openapi: The server's OpenAPI document.
        call: Makes a call without a body, to learn whom a route lets in.
    """
    lines = [_HEAD]
    for tag in TAGS:
        lines += [f"## {tag['description']}", ""]
        for path, method, told in _routes(openapi, tag["name"]):
            roles = _roles(told, call, method, path)
            lines += _route(path, method, told, roles)
    lines += ["## Messages", ""]
    for name, schema in sorted(openapi["components"]["schemas"].items()):
        if name not in {"HTTPValidationError", "ValidationError"}:
            lines += _message(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _routes(openapi: Any, tag: str) -> Iterator[tuple[str, str, Any]]:
    for path, methods in sorted(openapi["paths"].items()):
        for method, told in methods.items():
            if told["tags"] == [tag]:
                yield path, method.upper(), told


def _roles(told: Any, call: Call, method: str, path: str) -> str:
    """Who may call: asked of the server, which names the roles when it refuses one."""
    if not told.get("security"):
        return "anyone, without a token"
    probed = re.sub(r"\{\w+\}", "none", path)
    for party in ONE_OF_EACH:
        answer = call(party, method, probed)
        problem = answer.json() if answer.status_code == httpx.codes.FORBIDDEN else {}
        if "rolesNeeded" in problem and len(problem["rolesNeeded"]) < ALL_ROLES:
            return ", ".join(problem["rolesNeeded"])
    return "every party"


def _route(path: str, method: str, told: Any, roles: str) -> list[str]:
    problems = PROBLEMS.get(f"{method} {path}", [])
    rows = [f"- who: {roles}"]
    rows += [
        f"- `{each['name']}` ({each['in']}, {_type(each['schema'])}): {each['description']}"
        for each in told.get("parameters", ())
        if each["name"] != CASE_HEADER
    ]
    taken = told.get("requestBody", {})
    for kind, content in taken.get("content", {}).items():
        form = "" if kind == "application/json" else f" ({kind})"
        most = f", at most {_size(taken[MOST_BYTES])}" if MOST_BYTES in taken else ""
        rows.append(f"- body: {_type(content['schema'])}{form}{most}")
    for status, answer in told["responses"].items():
        kinds = answer.get("content", {})
        if status.startswith("2") or "application/json" in kinds:
            schema = kinds.get("application/json", {}).get("schema", {})
            forms = [_type(schema), *(kind for kind in kinds if kind != "application/json")]
            rows.append(f"- answer: {status} {', '.join(filter(None, forms))}".rstrip())
    if problems:
        links = ", ".join(f"[`{slug}`](problems.md#{slug})" for slug in problems)
        rows.append(f"- problems: {links}")
    said = [f"{told['summary']}.", "", *([told["description"], ""] if told["description"] else [])]
    return [f"### `{method} {path}`", "", *said, *rows, ""]


def _size(length: int) -> str:
    """A length in bytes, as people say it."""
    return f"{length >> 20} MiB" if length >= 1 << 20 else f"{length >> 10} KiB"


def _type(schema: Any) -> str:
    """A schema in a few words, with links to messages."""
    if not schema:
        return ""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        kinds = [_type(each) for each in schema["anyOf"] if each.get("type") != "null"]
        return " or ".join(kinds)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items')) or 'anything'}"
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return "one of " + ", ".join(f"`{value}`" for value in values)
    named = "a file" if schema.get("format") == "binary" else schema.get("format")
    return str(named or schema.get("type", "any")) + _bounds(schema)


def _bounds(schema: Any) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    low = schema.get("exclusiveMinimum", low)
    if low is not None and high is not None:
        return f" {low:g} to {high:g}" if low != high else f" {low:g}"
    return f" of at least {low:g}" if low is not None else ""


def _message(name: str, schema: Any) -> list[str]:
    lines = [f"### {name}", "", schema.get("description", ""), ""]
    if "properties" not in schema:
        return [*lines, _type(schema), ""]
    required = set(schema.get("required", ()))
    lines += ["| field | type | meaning |", "|---|---|---|"]
    for field, kind in schema["properties"].items():
        need = "" if field in required else ", optional"
        meaning = kind.get("description", "").replace("|", "\\|")
        lines.append(f"| `{field}` | {_type(kind)}{need} | {meaning} |")
    return [*lines, ""]


@contextlib.contextmanager
def asking(base_url: str, ca_file: str, secrets: Mapping[str, str]) -> Iterator[tuple[Any, Call]]:
    """A server's OpenAPI, and a way to call it as any of its parties."""
    context = ssl.create_default_context(cafile=ca_file)
    form = {"grant_type": "client_credentials"}
    tokens: dict[str, str] = {}
    with httpx.Client(base_url=base_url, verify=context) as http:

        def call(party: str, method: str, path: str) -> httpx.Response:
            if party not in tokens:
                answer = http.post("/oauth2/token", data=form, auth=(party, secrets[party]))
                tokens[party] = answer.raise_for_status().json()["access_token"]
            headers = {"Authorization": f"Bearer {tokens[party]}"}
            return http.request(method, path, headers=headers)

        yield http.get("/openapi.json").json(), call


def main() -> None:
    """Write the page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        spawned_server(Path(folder) / "data") as server,
    ):
        told = server.credentials
        secrets = {client.client_id: client.client_secret for client in told.clients}
        with asking(told.base_url, told.ca_file, secrets) as (openapi, call):
            PAGE.write_text(make(openapi, call), "utf-8")


if __name__ == "__main__":
    main()
