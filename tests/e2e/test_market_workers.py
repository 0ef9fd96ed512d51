"""The Italian day with two workers of the market on one database, killed and hung in mid-day."""

import asyncio
import contextlib
import shutil
import signal
import ssl
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.postgresql import Server

import platone.demo.italy
from platone import bootstrap
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario
from platone.infra.free_port import free_port

from .load_balancer import LoadBalancer
from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
OTHERS = ("ledger", "customers", "dso", "aggregator", "access")
KILLED_AFTER = ("Offer flexibility", "Close the session and clear the market")
"""Steps a moment after which the worker dies that moves sessions on (kill -9); it comes back."""
HUNG_AFTER = "Activate, and measure the day"
"""The step after which that worker stands still, for longer than its leases last, and wakes up."""
STOOD_STILL_S = 30.0


class Site:
    """A market of two workers behind one address, and one server with all other contexts."""

    def __init__(self, root: Path, database: Server, clock: datetime) -> None:
        self.database, self.name = database, database.database().rsplit("/", 1)[-1]
        self._root, self._clock = root, clock
        self.port = free_port("127.0.0.1")
        self.ports = {name: free_port("127.0.0.1") for name in ("one", "two", "others")}
        self.running: dict[str, bootstrap.RunningServer] = {}
        self.deaths = 0
        self.balancer: LoadBalancer | None = None

    def start(self) -> None:
        self._start("one")
        self._start("others")
        root = self._root
        one, others = root / "one", root / "others"
        bootstrap.add_partner(others, one / "partner.toml", same_company=True)
        bootstrap.add_partner(one, others / "partner.toml", same_company=True)
        bootstrap.make_worker(one, root / "two")
        shutil.copy(one / "credentials.json", root / "two")
        self._start("two")
        private = one / "identity"
        self.balancer = LoadBalancer(
            self.port, one / "ca.pem", (private / "server.pem", private / "server-key.pem")
        )
        self._route()

    @property
    def credentials(self) -> list[Path]:
        return [self._root / name / "credentials.json" for name in ("one", "others")]

    def _start(self, name: str) -> None:
        own = {"PLATONE_NAME": "others"}
        if name != "others":
            own = {
                "PLATONE_NAME": "market",
                "PLATONE_DATABASE": self.database.address(self.name),
                "PLATONE_PUBLIC_URL": f"https://127.0.0.1:{self.port}",
                "PLATONE_LOG_LEVEL": "info",
            }
        contexts = OTHERS if name == "others" else ("market",)
        self.running[name] = bootstrap.spawn_server(
            self._root / name, self._clock, self.ports[name], contexts=contexts, environment=own
        )

    def _route(self, without: str = "") -> None:
        assert self.balancer is not None
        names = (name for name in ("one", "two") if name != without)
        self.balancer.workers = tuple(f"https://127.0.0.1:{self.ports[name]}" for name in names)

    def stepping(self) -> str:
        """The worker that moves sessions on."""
        asked = "SELECT split_part(holder, ':', 2) FROM market.lease WHERE name = 'steps'"
        pids = {str(self.running[name].process.pid): name for name in ("one", "two")}
        until_s = time.monotonic() + 60
        while (pid := self.database.psql(asked, self.name)) not in pids:
            assert time.monotonic() < until_s, "nobody moves sessions on"
            time.sleep(0.1)
        return pids[pid]

    def die_and_return(self) -> None:
        name = self.stepping()
        self.running[name].kill()
        self._forget(name)
        self.deaths += 1
        self._route(without=name)
        self._start(name)
        self._set_clock(name)
        self._route()

    def hang(self) -> None:
        """As a machine that swaps: its kernel answers, and it does nothing."""
        name = self.stepping()
        process = self.running[name].process
        process.send_signal(signal.SIGSTOP)
        try:
            self._route(without=name)
            other = {"one": "two", "two": "one"}[name]
            until_s = time.monotonic() + STOOD_STILL_S
            while time.monotonic() < until_s and self.stepping() != other:
                time.sleep(0.5)
            assert self.stepping() == other
        finally:
            process.send_signal(signal.SIGCONT)
        self.deaths += 1
        self._set_clock(name)
        self._route()

    def _set_clock(self, name: str) -> None:
        """Bring a worker's simulated clock, which stood still, to what the other's shows."""
        told = msgspec.json.decode((self._root / "one" / "credentials.json").read_bytes())
        operator = next(each for each in told["clients"] if each["partyId"] == "MO")
        auth = (operator["clientId"], operator["clientSecret"])
        trust = ssl.create_default_context(cafile=told["caFile"])
        with httpx.Client(verify=trust, timeout=60) as http:
            now = ""
            for each in ("two" if name == "one" else "one", name):
                url = f"https://127.0.0.1:{self.ports[each]}"
                form = {"grant_type": "client_credentials"}
                token = http.post(f"{url}/oauth2/token", data=form, auth=auth).json()
                header = {"Authorization": f"Bearer {token['access_token']}"}
                if each != name:
                    now = http.get(f"{url}/api/clock", headers=header).json()["now"]
                else:
                    moved = http.put(f"{url}/api/clock", headers=header, json={"now": now})
                    assert moved.status_code in {200, 409}, moved.text

    def close(self) -> None:
        for name in list(self.running):
            self.running[name].process.send_signal(signal.SIGCONT)
            self.running[name].stop()
            self._forget(name)
        if self.balancer is not None:
            self.balancer.stop()

    def _forget(self, name: str) -> None:
        stream = self.running[name].process.stdout
        if stream is not None:
            stream.close()


@pytest.fixture
def site(tmp_path: Path, postgresql_server: Server) -> Iterator[Site]:
    made = Site(tmp_path, postgresql_server, load_scenario(ITALY).day.clock_start)
    with contextlib.closing(made):
        made.start()
        yield made


async def test_the_day_is_the_same_with_two_workers_of_which_one_dies_or_hangs(
    site: Site, italy: Any, tmp_path: Path
) -> None:
    async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

        def say(title: str, _said: str) -> None:
            if title in KILLED_AFTER:
                deaths.create_task(asyncio.to_thread(site.die_and_return))
            elif title == HUNG_AFTER:
                deaths.create_task(asyncio.to_thread(site.hang))

        result = await run_day(load_scenario(ITALY), site.credentials, tmp_path / "out", say)
    assert site.deaths == len(KILLED_AFTER) + 1
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert_same_day(tmp_path / "out", italy)
    assert site.balancer is not None
    assert len(site.balancer.passed) == 2
    assert min(site.balancer.passed.values()) > 0
    once = (
        "SELECT topic, count(DISTINCT content), count(*) FROM market.topic_message GROUP BY topic"
    )
    for row in site.database.psql(once, site.name).splitlines():
        topic, distinct, count = row.split("|")
        assert distinct == count, f"{topic} has a message twice"
    states = "SELECT DISTINCT state FROM market.outbox"
    assert site.database.psql(states, site.name) == "delivered"
