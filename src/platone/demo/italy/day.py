"""The Italian day's state, and what all of its steps use."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from platone.demo.connection import Connection, DayFailed, Party, Server, wait_for
from platone.demo.field import DayClock
from platone.demo.fleet import Fleet
from platone.demo.scenario import Scenario

T = TypeVar("T")

OPERATOR, DSO, TSO, AUDITOR = "MO", "DSO", "TSO", "AUDITOR"
"""Parties of the first start that the day needs beside the scenario's aggregators."""

ENDED = ("settled", "partlyPaid", "notPaid", "notTraded", "notValidated", "cancelled")
"""The states of a session all of whose trades have been due."""

LIMIT_S = 240.0
"""How long the day waits for something that another party does."""


def wire_time(instant: datetime) -> str:
    """Return an instant as text, as JSON has it here."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_simulated(server: Server, shown: Mapping[str, Any], start: datetime) -> None:
    """Check that a server's clock can be moved.

    Raises:
        DayFailed: It is the machine's.
    """
    if not shown["simulated"]:
        raise DayFailed(
            f"{server.url} runs on the machine's clock: start it with platone serve "
            f"--clock {wire_time(start)} --speed 0"
        )


@dataclass
class Day:
    """One run of the day.

    Attributes:
        scenario: What is run.
        connection: The server and the parties.
        clock: The field's clock, moved together with the server's.
        fleet: The Light Nodes.
        out: Where files are written.
        session: The market session, once it is known.
    """

    scenario: Scenario
    connection: Connection
    clock: DayClock
    fleet: Fleet
    out: Path
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> dict[str, str]:
        """Names the session: its kind and start of delivery."""
        return {"marketType": "dayAhead", "startTime": wire_time(self.scenario.start)}

    def party(self, party_id: str) -> Party:
        """Return the calls of a party."""
        return self.connection.party(party_id)

    async def move_clock(self, instant: datetime) -> None:
        """Move the server's and the field's clock to an instant, unless they are beyond it."""
        self.clock.move_to(max(await self._server_time(), instant))
        await self._keep_clock()

    async def follow_clock(self) -> None:
        """Move the field's clock to what the server's shows, which others move."""
        self.clock.move_to(await self._server_time())

    async def wait(self, what: str, probe: Callable[[], Awaitable[T | None]]) -> T:
        """Wait until there is an answer, for a bounded time.

        Raises:
            DayFailed: It took too long.
        """

        async def look() -> T | None:
            await self._keep_clock()
            return await probe()

        return await wait_for(what, look, LIMIT_S)

    async def _keep_clock(self) -> None:
        """Move the clocks forward that show an earlier time, such as after a start.

        Whose server does not answer is not waited for: its clock is moved when it is back.
        """
        now = self.clock.now()
        for server, shown in await self._clocks():
            if shown < now:
                await self.party(OPERATOR).move_clock_of(server, wire_time(now))

    async def _server_time(self) -> datetime:
        async def probe() -> datetime | None:
            return max([shown for _, shown in await self._clocks()], default=None)

        return await wait_for("a server that shows its clock", probe, LIMIT_S)

    async def _clocks(self) -> list[tuple[Server, datetime]]:
        """Return the instants that clocks show, of all servers that answer."""
        found = []
        for server in self.connection.servers:
            shown = await self.party(OPERATOR).clock_of(server)
            if shown is not None:
                found.append((server, datetime.fromisoformat(shown["now"])))
                _check_simulated(server, shown, self.scenario.day.clock_start)
        return found

    async def find_session(self) -> dict[str, Any] | None:
        """Return the market session, or None where there is none yet."""
        page = await self.party(OPERATOR).get("/api/marketSession")
        for session in page["sessions"]:
            start = datetime.fromisoformat(session["startTime"])
            if session["marketType"] == "dayAhead" and start == self.scenario.start:
                self.session = session
                return dict(session)
        return None

    async def wait_session(self, *states: str) -> dict[str, Any]:
        """Wait until the session is in one of these states.

        Raises:
            DayFailed: It took too long; the message says where it stands.
        """

        async def probe() -> dict[str, Any] | None:
            session = await self.find_session()
            return session if session is not None and session["status"] in states else None

        try:
            return await self.wait(f"the session to be {' or '.join(states)}", probe)
        except DayFailed as late:
            raise DayFailed(f"{late} ({self._told_session()})") from late

    def _told_session(self) -> str:
        status = self.session.get("status", "not there")
        whom = self.session.get("waitingFor")
        return f"it is {status}" + (f" and waits for {whom}" if whom else "")

    def write(self, name: str, content: Mapping[str, Any]) -> None:
        """Write a file of the run."""
        text = json.dumps(msgspec.to_builtins(content), indent=2, ensure_ascii=False)
        self.write_bytes(name, (text + "\n").encode())

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file of the run as it is."""
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def written(self, name: str) -> Any:
        """Read a file of the run again."""
        return json.loads((self.out / name).read_text("utf-8"))
