"""Send odd requests to every route as everybody: `python tools/trial_hostile.py [--calls 14000]`.

Methods, paths and parameters come from the server's own description; bodies, parameters and
headers are drawn by a seed: wrong types, huge numbers, deep and broken JSON, control characters,
other encodings. No answer may be an error of the server's own, and each refusal is told as JSON.
"""

import argparse
import itertools
import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from trial_party import SUCCESS, UNAVAILABLE, Outside

POD = "IT001E00000001"
"""One of those that are registered."""
METHODS = ("get", "put", "post", "delete", "patch")
TEXTS = (
    "", " ", "0", "-1", "null", "none", "..", "../../etc/passwd", "%00", "a\x00b",
    "\ud800", "é" * 300, "x" * 5000, "' OR 1=1 --",
    "${jndi:ldap://x}", "<script>",
    "1e999", "NaN", "٣", "🌩", POD,
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2021-10-30T25:00:00Z", "true", "[]", "{}",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 2**64, 10**400, 1e308, -1e308, 0.1, [], {}, [[]], [{}], [None],
    {"": {}}, *TEXTS,
)  # fmt: skip
RAW = (
    b"", b"{", b"[", b"nul", b"\xff\xfe", b"{}{}", b'{"a":1,"a":2}', b"[" * 30_000,
    b'{"a":' * 9_000,
    b"1" * 5000, b'"\\ud800"', b"NaN", b"-", b"\x00", b"\xef\xbb\xbf{}", b"{}" + b" " * 70_000,
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {}, {"Content-Type": "text/xml"}, {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Encoding": "gzip"}, {"Accept": "text/csv"}, {"Range": "bytes=5-2"},
    {"Expect": "100-continue"},
    {"X-Forwarded-For": "::1"}, {"X-HTTP-Method-Override": "DELETE"}, {"Cookie": "a=" + "b" * 3000},
    {"If-None-Match": "*"}, {"Accept-Encoding": "\x7f"},
)  # fmt: skip
HALF = 0.5
"""Part of the parameters that a call has."""
UNKNOWN = 0.05
"""Part of the methods that are tried although the description does not know them."""
CLOCK = "/api/clock"
"""It may only go forward: a drawn instant would end the market's day."""


class Attack:
    """A server, its routes, and what came of the calls."""

    def __init__(self, server: Outside, seed: int) -> None:
        self.server, self.draw = server, random.Random(seed)  # noqa: S311 - a trial
        self.description = server.http.get("/openapi.json").json()
        paths = self.description["paths"]
        self.routes = [
            (method, path, told.get(method, {}))
            for path, told in paths.items()
            for method in METHODS
            if (method in told or self.draw.random() < UNKNOWN) and (path, method) != (CLOCK, "put")
        ]
        self.callers = ["", *sorted(server.secrets)]
        self.statuses: Counter[int] = Counter()
        self.faults: list[str] = []

    def run(self, calls: int) -> None:
        """Call each route as each caller, again and again."""
        every = itertools.cycle(itertools.product(self.routes, self.callers))
        for (method, path, told), caller in itertools.islice(every, calls):
            self._call(method, path, told, caller)

    def _call(self, method: str, path: str, told: Any, caller: str) -> None:
        names = [each["name"] for each in told.get("parameters", []) if each["in"] == "query"]
        for part in [each for each in path.split("/") if each.startswith("{")]:
            path = path.replace(part, self._quoted(self.draw.choice(TEXTS)), 1)
        query = {name: self.draw.choice(TEXTS) for name in names if self.draw.random() < HALF}
        line = f"{method.upper()} {path} as {caller or 'nobody'}"
        more = {
            "params": {name: self._clean(value) for name, value in query.items()},
            "headers": self.draw.choice(HEADERS),
        }
        try:
            answer = self._answered(caller, method.upper(), path, self._body(told), more)
        except (httpx.InvalidURL, UnicodeEncodeError, httpx.LocalProtocolError):
            return  # the client refuses to say it
        except httpx.TransportError as error:
            self.faults.append(f"{line}: {error!r}")
            return
        self.statuses[answer.status_code] += 1
        if answer.is_server_error and answer.status_code != UNAVAILABLE:
            self.faults.append(f"{line}: {answer.status_code} {answer.text[:200]}")
        kind = answer.headers.get("content-type", "")
        is_page = path.startswith("/problems/")  # which people read
        if answer.is_error and not is_page and not kind.startswith("application/"):
            self.faults.append(f"{line}: {answer.status_code} is told as {kind}")

    def _answered(self, caller: str, method: str, path: str, body: bytes, more: Any) -> Any:
        """Return the answer; what was idle for long may have been closed, so try twice."""
        try:
            return self.server.call(caller, method, path, body, **more)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            return self.server.call(caller, method, path, body, **more)

    def _quoted(self, text: str) -> str:
        return httpx.QueryParams({"x": self._clean(text)}).__str__()[2:][:2000] or "%20"

    def _clean(self, text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    def _body(self, told: Any) -> bytes:
        """Draw a body: raw bytes, any value, or one with the described fields and odd values."""
        kind = self.draw.random()
        if kind < 0.3:  # noqa: PLR2004 - three in ten
            return self.draw.choice(RAW)
        if kind < 0.5:  # noqa: PLR2004 - one in five
            return self._encoded(self.draw.choice(VALUES))
        content = told.get("requestBody", {}).get("content", {})
        first: dict[str, Any] = next(iter(content.values()), {})
        return self._encoded(self._shaped(first.get("schema", {}), 0))

    def _encoded(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def _shaped(self, schema: Any, depth: int) -> Any:
        """Return a value like the description's, with something odd in it."""
        schema = self._resolved(schema)
        if depth > 5 or self.draw.random() < 0.08:  # noqa: PLR2004 - deep enough; one in twelve
            return self.draw.choice(VALUES)
        if "properties" in schema:
            return {
                name: self._shaped(part, depth + 1)
                for name, part in schema["properties"].items()
                if name in schema.get("required", ()) or self.draw.random() < 0.3  # noqa: PLR2004
            }
        if schema.get("type") == "array":
            count = self.draw.choice([0, 1, 2, 5])
            return [self._shaped(schema.get("items", {}), depth + 1) for _ in range(count)]
        by_type: dict[str, list[Any]] = {
            "integer": [0, 1, 50, 96],
            "number": [0.0, 0.5, -10.0, 100.0],
            "boolean": [True, False],
        }
        texts = [POD, "2021-10-30T22:00:00Z", "ACEAE", "a-name"]
        likely = schema.get("enum") or by_type.get(schema.get("type", ""), texts)
        return self.draw.choice(likely)

    def _resolved(self, schema: Any) -> Any:
        while "$ref" in schema:
            found = self.description
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


def main() -> None:
    """Run the trial."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=14_000)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trial-") as folder:
        server = Outside(Path(folder) / "data")
        try:
            server.furnish()
            attack = Attack(server, arguments.seed)
            attack.run(arguments.calls)
            print(f"{sum(attack.statuses.values())} calls of {len(attack.callers)} callers", end="")
            print(f" to {len(attack.routes)} methods of routes: {dict(attack.statuses)}")
            healthy = server.http.get("/health").status_code in SUCCESS
            size = (Path(folder) / "data" / "server.log").stat().st_size
            print(f"health: {'ready' if healthy else 'NOT READY'}; log: {size} bytes")
            print("\n".join(attack.faults[:40]))
            if attack.faults or not healthy:
                raise SystemExit(f"{len(attack.faults)} answers are faults of the server.")
        finally:
            server.close()


if __name__ == "__main__":
    main()
