"""What the tests share: one undisturbed run of the Italian day, and one server to ill-treat."""

import itertools
import json
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from platone.bootstrap import spawn_server

from .rights_day import day  # noqa: F401 - a fixture
from .shown_day import shown  # noqa: F401 - a fixture

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "problems.md"


@dataclass(frozen=True)
class Run:
    """A finished run: exit code, what it printed, and its files."""

    code: int
    printed: str
    out: Path

    def read(self, name: str) -> Any:
        return json.loads((self.out / name).read_text("utf-8"))


def run_demo(out: Path, *arguments: str) -> Run:
    command = [sys.executable, "-m", "platone", "demo", "italy", "--out", str(out), *arguments]
    done = subprocess.run(  # noqa: S603 - our own program
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env=os.environ | {"COLUMNS": "160"},
    )
    return Run(done.returncode, done.stdout + done.stderr, out)


@pytest.fixture(scope="session")
def italy(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_demo(tmp_path_factory.mktemp("italy"))


@pytest.fixture(scope="session")
def demonstrate() -> Callable[..., Run]:
    return run_demo


START = datetime(2021, 10, 30, 7, 59, tzinfo=UTC)
"""9:59 in Rome, on the eve of the day of 25 hours: the gate of the noon session is open."""
NOW = datetime(2021, 10, 30, 11, 5, tzinfo=UTC)
"""13:05: that gate has closed; those of the day-ahead and the 16 o'clock session are open."""
DAY_AHEAD = {"marketType": "dayAhead", "startTime": "2021-10-30T22:00:00Z"}
TOKEN_S = 300.0
"""How long a token is used, s: it holds for 900, and the tests of a server may take longer."""
PODS = ("IT001E00000001", "IT001E00000002", "IT001E00000003")
BASELINE_KW = 100.0
ROOM_KW = 40.0
_READS = {
    "scd": ["scd/pods?ended=true", "scd/baselines", "scd/measurements", "scd/setpoints"],
    "access": ["access/devices", "scd/measurements"],
    "aggregator": ["aggregator/pods"],
    "contracts": ["contracts/agreements"],
}
"""What the auditor can see of what is stored, by context; the market's sessions always."""


class Described:
    """The OpenAPI document that a server gives of itself, against which its answers are held."""

    def __init__(self, base_url: str, document: Any) -> None:
        self.document = document
        self.schema = schemathesis.openapi.from_dict(document)
        self.schema.config.update(base_url=base_url)
        routes = [
            (method.upper(), path) for path, told in document["paths"].items() for method in told
        ]
        routes.sort(key=lambda route: route[1].count("{"))  # what is fixed comes first
        self._routes = [
            (method, path, re.compile(re.sub(r"\{\w+\}", part, path)))
            for part in ("[^/]+", ".+")
            for method, path in routes
        ]

    def check(self, answer: httpx.Response) -> None:
        """An answer has a status, a type and a body that the document tells for its route."""
        asked = answer.request
        for method, path, pattern in self._routes:
            if method == asked.method and pattern.fullmatch(asked.url.path):
                parts = dict.fromkeys(re.findall(r"\{(\w+)\}", path), "any")
                case = self.schema[path][method].Case(path_parameters=parts)
                case.validate_response(answer, checks=CHECKS)
                return


class Outside:
    """A server in a process of its own, and all its parties, who only know its address.

    A party's name is that of its client; an empty one calls without a token.
    """

    def __init__(self, data: Path, start: datetime = START, **environment: str) -> None:
        self.data = data
        self.process = spawn_server(data, start, environment=environment)
        told = json.loads((data / "credentials.json").read_text())
        self.base_url = str(told["baseUrl"])
        self.secrets = {each["clientId"]: each["clientSecret"] for each in told["clients"]}
        self.http = httpx.Client(
            base_url=self.base_url,
            verify=ssl.create_default_context(cafile=told["caFile"]),
            timeout=60,  # a first calculation starts a process, which others' may hold up
        )
        self.described = Described(self.base_url, self.http.get("/openapi.json").json())
        self._tokens: dict[str, str] = {}
        self._until_s: dict[str, float] = {}
        self._pages: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._number = itertools.count(1)

    def close(self) -> None:
        self.http.close()
        self.process.stop()
        if self.process.process.stdout is not None:
            self.process.process.stdout.close()

    def token(self, party: str) -> str:
        """The party's token, a new one long before the old one ends: a session lasts longer."""
        until_s = self._until_s.get(party, 0.0)
        if time.monotonic() > until_s:
            self._until_s[party] = time.monotonic() + TOKEN_S
            answer = self.http.post(
                "/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(party, self.secrets[party]),
            )
            self._tokens[party] = answer.raise_for_status().json()["access_token"]
        return self._tokens[party]

    def call(self, party: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """An answer as OpenAPI describes it; a body that is bytes goes out as it is."""
        headers = {"Authorization": f"Bearer {self.token(party)}"} if party else {}
        headers |= {"Audit-Case": "2021-7"}
        headers |= {"Content-Type": "application/json"} | more.pop("headers", {})
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        answer = self.http.request(method, path, content=content, headers=headers, **more)
        self.described.check(answer)
        return answer

    def get(self, party: str, path: str, **more: Any) -> Any:
        answer = self.call(party, "GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self, *contexts: str) -> dict[str, Any]:
        """What is stored, as the auditor sees it: the market, and other contexts."""
        paths = [f"/api/{path}" for context in contexts for path in _READS.get(context, ())]
        services = f"/api/marketSession/{self.session_id(DAY_AHEAD)}/services"
        return {path: self.get("AUDITOR", path) for path in [*paths, services]}

    def session_id(self, wanted: dict[str, str]) -> str:
        if wanted["startTime"] not in self._sessions:
            answer = self.call("MO", "POST", "/api/marketSession", wanted)
            assert answer.status_code in {200, 201}, answer.text
            self._sessions[wanted["startTime"]] = answer.json()["id"]
        return self._sessions[wanted["startTime"]]

    def offer(self, **changes: Any) -> dict[str, Any]:
        """An offer that is good, for a quarter-hour that was not offered yet, but for changes."""
        number = next(self._number)
        point = {"index": number % 100, "p": BASELINE_KW - 10, "pPrice": 0.05}
        point |= {name: changes.pop(name) for name in ("index", "p", "pPrice") if name in changes}
        entry = {"pod": [changes.pop("pod", PODS[number // 100])], "power": [point]}
        return {
            "playerId": "ACEAE",
            "serviceType": "offer",
            "playerServiceId": f"offer-{number}",
            "flexibility": [entry],
            **DAY_AHEAD,
        } | changes

    def works(self) -> None:
        """A good message is still taken, and stored."""
        good = self.offer()
        answer = self.call("ACEAE", "POST", "/api/flexibilityService", good)
        assert (answer.status_code, answer.json()["status"]) == (201, "accepted"), answer.text
        path = f"/api/marketSession/{self.session_id(DAY_AHEAD)}/services"
        stored = self.get("ACEAE", path)["flexibilityServices"]
        assert good["playerServiceId"] in [each["playerServiceId"] for each in stored]

    def refuse(self, answer: Any, status: int, *slugs: str) -> Any:
        """An answer is a problem of one of these types, and the type is explained."""
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        return self.explained(problem, status, *slugs)

    def explained(self, problem: Any, status: int, *slugs: str) -> Any:
        slug = problem["type"].removeprefix("/problems/")
        assert slug in slugs, problem
        assert problem["status"] == status
        assert len(problem["detail"]) > 10
        if slug not in self._pages:
            page = self.http.get(problem["type"])
            assert page.status_code == 200
            self._pages[slug] = page.text
        assert self._pages[slug].startswith(f"{problem['title']}\nHTTP status {status}\n")
        assert f"## `{slug}`" in REFERENCE.read_text("utf-8")
        return problem

    def bad(self, call: tuple[str, str, str, Any], status: int, *slugs: str, **more: Any) -> Any:
        """Make a bad call: it is refused as told, changes nothing, and stops nothing."""
        context = call[2].split("/")[2]
        before = self.state(context)
        problem = self.refuse(self.call(*call, **more), status, *slugs)
        assert self.state(context) == before
        self.works()
        return problem

    def wait(self, probe: Callable[[], Any], limit_s: float = 20.0) -> Any:
        until_s = time.monotonic() + limit_s
        while not (found := probe()):
            assert time.monotonic() < until_s, "waited in vain"
            time.sleep(0.05)
        return found

    def furnish(self) -> None:
        """Three points of delivery of ACEAE, with baselines for the day of 25 hours."""
        move = self.call("MO", "PUT", "/api/clock", {"now": NOW.isoformat()})
        assert move.status_code == 200, move.text
        pods = [pod(name) for name in PODS]
        assert self.call("ACEAE", "POST", "/api/scd/pods", {"pods": pods}).status_code == 200
        series = [
            {"podId": name, "startTime": DAY_AHEAD["startTime"], "values": [BASELINE_KW] * 100}
            for name in PODS
        ]
        results = self.call("ACEAE", "POST", "/api/scd/baselines", {"series": series}).json()
        assert [each["status"] for each in results["results"]] == ["accepted"] * 3
        probe = self.offer(pod=PODS[-1], index=99)
        path = "/api/flexibilityService"  # the market learns of them a moment later
        self.wait(lambda: self.call("ACEAE", "POST", path, probe).status_code < 300)


def pod(name: str, **changes: Any) -> dict[str, Any]:
    limits = {"upperP": ROOM_KW, "downP": ROOM_KW}
    return {"podId": name, "aggregatorId": "ACEAE", "pnP": 500, "maxFlexibility": limits} | changes


@contextmanager
def furnished(data: Path) -> Iterator[Outside]:
    """Run a server on a new folder, with three points of delivery."""
    server = Outside(data)
    try:
        server.furnish()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with furnished(tmp_path_factory.mktemp("outside") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def outside_at() -> Callable[[Path, datetime], Outside]:
    """Starts a server on a folder at an instant; whoever asks for it closes it."""
    return Outside


@pytest.fixture
def server_at(tmp_path: Path) -> Iterator[Callable[[datetime], Outside]]:
    """Starts a server of the test's own at an instant."""
    running: list[Outside] = []

    def started(start: datetime) -> Outside:
        running.append(Outside(tmp_path / f"data-{len(running)}", start))
        return running[-1]

    try:
        yield started
    finally:
        for server in running:
            server.close()


@pytest.fixture(scope="session")
def server_on() -> Callable[..., Outside]:
    """Starts a server on a data folder, with variables of its own; the test closes it."""
    return Outside


@pytest.fixture(scope="session")
def finished_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server on which the Italian day has run, and its files beside it."""
    folder = tmp_path_factory.mktemp("finished")
    server = Outside(folder / "data", datetime(2021, 6, 22, 8, 30, tzinfo=UTC))
    try:
        server.http.close()
        credentials = str(server.data / "credentials.json")
        told = ["--server", server.base_url, "--credentials", credentials]
        run = run_demo(folder / "out", *told)
        assert run.code == 0, run.printed
    finally:
        server.close()
    return folder
