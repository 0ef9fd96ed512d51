"""Calculate a day of a large grid over REST: `python tools/trial_large_grid.py [--buses 40000]`.

The grid is stored, a market day's power flow is asked for without waiting, its job is followed,
and pages of its result and then the whole are read. Meanwhile somebody else asks for the server's
life all the time. It ends with status 1 where a step is not answered as documented.
"""

import argparse
import contextlib
import json
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.receipts import NOW, network

from platone.bootstrap import spawned_server

DAY = {"startTime": "2021-06-22T22:00:00Z"}
ACCEPTED, UNAUTHENTICATED = 202, 401
LONGEST_S = 1800.0
"""How long the calculation may take, s."""
PAGE = 4
"""Quarter-hours of a page that is read."""


class Probe:
    """Asks for the server's life again and again, and notes how long each answer takes."""

    def __init__(self, base_url: str, context: ssl.SSLContext) -> None:
        self._http = httpx.Client(base_url=base_url, verify=context, timeout=120)
        self._is_over = threading.Event()
        self.delays_s: list[float] = []

    def _run(self) -> None:
        while not self._is_over.wait(0.02):
            begun_s = time.perf_counter()
            self._http.get("/health/live").raise_for_status()
            self.delays_s.append(time.perf_counter() - begun_s)

    @contextlib.contextmanager
    def during(self, step: str) -> Iterator[None]:
        """Ask while a step lasts, and print what was seen."""
        self.delays_s, self._is_over = [], threading.Event()
        thread = threading.Thread(target=self._run)
        begun_s = time.perf_counter()
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()
        slowest = max(self.delays_s, default=float("nan"))
        median = statistics.median(self.delays_s or [float("nan")])
        print(
            f"{step}: {time.perf_counter() - begun_s:.1f} s; {len(self.delays_s)} answers of life, "
            f"median {median:.3f} s, slowest {slowest:.2f} s",
            flush=True,
        )


class Operator(httpx.Auth):
    """The DSO's client, which asks for another token when one has ended."""

    def __init__(self, http: httpx.Client, secret: str) -> None:
        self._http, self._secret, self._token = http, secret, ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a call, and once more with a new token where it is refused."""
        if not self._token:
            yield from self._renew()
        request.headers["Authorization"] = f"Bearer {self._token}"
        if (yield request).status_code == UNAUTHENTICATED:
            yield from self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _renew(self) -> Generator[httpx.Request, httpx.Response, None]:
        asked = self._http.build_request(
            "POST", "/oauth2/token", data={"grant_type": "client_credentials"}
        )
        (asked,) = httpx.BasicAuth("DSO", self._secret).auth_flow(asked)
        answer = yield asked
        answer.read()
        self._token = str(answer.raise_for_status().json()["access_token"])


def _finished(http: httpx.Client, job: str) -> Any:
    until_s = time.monotonic() + LONGEST_S
    while time.monotonic() < until_s:
        told = http.get(job).raise_for_status().json()
        if told["state"] in {"done", "failed"}:
            return told
        time.sleep(1)
    raise SystemExit(f"The calculation was not finished after {LONGEST_S:.0f} s.")


def run(http: httpx.Client, probe: Probe, buses: int) -> None:
    """Go through all steps."""
    content = json.dumps(network(buses)).encode()
    with probe.during(f"store {buses:,} buses ({len(content) / 1e6:.1f} MB)"):
        stored = http.put("/api/dso/networks/large", content=content, headers={"Prefer": "wait=60"})
        if stored.status_code == ACCEPTED:
            _finished(http, stored.headers["location"])
        stored.raise_for_status()
    with probe.during("calculate 96 quarter-hours"):
        later = {"Prefer": "respond-async"}
        asked = http.post("/api/dso/powerFlow", json=DAY, headers=later)
        if asked.status_code != ACCEPTED:
            raise SystemExit(f"202 was expected, not {asked.status_code}: {asked.text[:300]}")
        told = _finished(http, asked.headers["location"])
    if told["state"] != "done":
        raise SystemExit(f"The calculation has failed: {told['problem']}")
    with probe.during(f"read a page of {PAGE} quarter-hours"):
        page = http.get(told["result"], params={"from": 48, "count": PAGE})
        found = page.raise_for_status().json()["results"]
    shown = len(found[0]["buses"])
    print(f"  {len(page.content) / 1e6:.0f} MB, {len(found)} quarter-hours of {shown:,} buses")
    with probe.during("read the whole"):
        length = 0
        with http.stream("GET", told["result"]) as whole:
            for piece in whole.iter_raw():
                length += len(piece)
    print(f"  {length / 1e6:.0f} MB, as told: {length == int(whole.headers['content-length'])}")
    if (len(found), shown) != (PAGE, buses) or length != int(whole.headers["content-length"]):
        raise SystemExit("The result is not what was asked for.")


def main() -> None:
    """Run the trial."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--buses", type=int, default=40_000)
    buses = parser.parse_args().buses
    with tempfile.TemporaryDirectory() as name, spawned_server(Path(name) / "data", NOW):
        told = json.loads((Path(name) / "data" / "credentials.json").read_text())
        context = ssl.create_default_context(cafile=told["caFile"])
        secrets = {each["clientId"]: each["clientSecret"] for each in told["clients"]}
        with httpx.Client(base_url=told["baseUrl"], verify=context, timeout=300) as http:
            http.auth = Operator(http, secrets["DSO"])
            run(http, Probe(told["baseUrl"], context), buses)


if __name__ == "__main__":
    main()
