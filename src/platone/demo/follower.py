"""SIMULATED Light Nodes for the points of delivery of a running server that have none.

They do for a newcomer's own market day what meters in the field do: each node is enrolled over REST
by its aggregator, signs readings that say of themselves that they are simulated, and carries out
the DSO's setpoints. They live on the server's clock, real or simulated.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from platone import bootstrap
from platone.demo.connection import CallRefused, Connection, DayFailed, wait_for
from platone.demo.field import QUARTER_HOUR, DayClock, SetpointMemory, SimulatedMeter
from platone.messages.metering import DeviceCredentials, EnrolledDevices, SetpointCommand
from platone.messages.portfolio import PortfolioPage
from platone.messages.registry import PointOfDelivery, Series, SeriesBatch

_REMEMBERS = timedelta(hours=26)
"""How far a new meter's readings reach back: a day of any length, so that today is whole."""
_BASELINES_KEPT = timedelta(days=40)
"""How far back baselines are asked for after a clock has jumped: more than a month of readings."""
_MOST_NODES = 100
"""Most nodes that are simulated: each holds a connection and a journal."""
_USUAL_SHARE = 0.2
"""A plant's power as a share of the contracted one where no baseline is known: a calm home's."""
_ANSWER_S = 60.0
"""Longest wait for a server that shows its clock, s: it may be starting again."""
_STOPPED_WITHIN_S = 10.0
"""Longest wait for the nodes to disconnect, s: a broker that is gone does not answer."""
_PAUSE_S = 1.0
"""Pause between two looks at the server, s: what a person notices as at once."""
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""An instant before all others, on a whole quarter-hour."""
_PROVIDER = "FlexibilityServiceProvider"

Say = Callable[[str], None]


class FollowingPlant:
    """A simulated plant: it does what its baseline says, and what a setpoint orders.

    Args:
        pod: Its point of delivery.
        memory: File in which it keeps its setpoints.
    """

    def __init__(self, pod: PointOfDelivery, memory: Path) -> None:
        self._usual_kw = _USUAL_SHARE * pod.pn_p
        self._setpoints = SetpointMemory(memory)
        self._baseline_kw: dict[datetime, float] = {}

    async def apply(self, command: SetpointCommand) -> None:
        """Take a setpoint, as an energy management system does, and keep it."""
        self._setpoints.keep(command)

    def learn(self, known: Iterable[Series]) -> None:
        """Take the baselines of the time that is read next, in place of those before."""
        self._baseline_kw = {
            each.start_time.astimezone(UTC) + place * QUARTER_HOUR: value
            for each in known
            for place, value in enumerate(each.values)
        }

    def power_kw(self, moment: datetime) -> float:
        """Return the power in the quarter-hour that starts then, kW, load convention."""
        ordered_kw = self._setpoints.at(moment)
        if ordered_kw is not None:
            return ordered_kw
        return self._baseline_kw.get(moment.astimezone(UTC), self._usual_kw)


@dataclass
class _Simulated:
    """A simulated node: whose it is, its plant, and the instant up to which its meter was read."""

    party_id: str
    plant: FollowingPlant
    node: Any
    read_until: datetime


class Follower:
    """Simulated Light Nodes at all points of delivery that have none; new ones get theirs, too.

    Args:
        connection: The server, and its parties' clients.
        folder: Where each node has its own folder.
        say: Told what happens, in a sentence.
    """

    def __init__(self, connection: Connection, folder: Path, say: Say) -> None:
        self._connection, self._folder, self._say = connection, folder, say
        self._clock = DayClock(_BEGINNING)
        self._simulated: dict[str, _Simulated] = {}
        self._told: set[str] = set()

    async def look(self) -> None:
        """Give nodes to points of delivery without one, and have all meters read.

        Raises:
            DayFailed: The server does not answer for longer than is waited for.
        """
        providers = self._connection.with_role(_PROVIDER)
        self._clock.move_to(await self._server_time(providers[0]))
        for party_id in providers:
            await self._equip(party_id)
        await self._read()

    async def stop(self) -> None:
        """Disconnect all nodes."""
        for each in self._simulated.values():
            await each.node.stop()

    async def _server_time(self, party_id: str) -> datetime:
        party, server = self._connection.party(party_id), self._connection.servers[-1]

        async def probe() -> datetime | None:
            shown = await party.clock_of(server)
            return None if shown is None else datetime.fromisoformat(shown["now"])

        return await wait_for("a server that shows its clock", probe, _ANSWER_S)

    async def _equip(self, party_id: str) -> None:
        party = self._connection.party(party_id)
        found = msgspec.convert(await party.get("/api/aggregator/pods"), PortfolioPage)
        pods = [each.entry.pod for each in found.pods]
        new = [each for each in pods if each.pod_id not in self._simulated]
        if not new:
            return
        listed = msgspec.convert(await party.get("/api/access/devices"), EnrolledDevices)
        at_work = {each.pod_id: each.device for each in listed.devices if each.status == "active"}
        for pod in new:
            if len(self._simulated) >= _MOST_NODES:
                self._say_once(f"{_MOST_NODES} Light Nodes are simulated: no more are.")
                return
            await self._equip_one(party_id, pod, at_work.get(pod.pod_id))

    async def _equip_one(self, party_id: str, pod: PointOfDelivery, at_work: str | None) -> None:
        home, pod_id = self._folder / pod.pod_id, pod.pod_id
        if at_work is not None and not home.exists():
            self._say_once(f"{pod_id} has a Light Node of its own, which is left alone.")
            return
        plant = FollowingPlant(pod, home / "setpoints.json")
        first = _quarter_of(self._clock.now() - _REMEMBERS)
        meter = SimulatedMeter(pod_id, plant.power_kw, first, self._clock.now)
        node: Any = bootstrap.light_node(home, meter, plant, self._clock)
        if at_work != node.address:
            party = self._connection.party(party_id)
            try:
                answer = await party.post("/api/access/devices", node.enrolment(pod_id))
            except CallRefused as refused:  # its registration may still be under way
                self._say_once(str(refused))
                return
            node.install(msgspec.convert(answer, DeviceCredentials))
        await node.start()
        self._simulated[pod_id] = _Simulated(party_id, plant, node, first)
        self._say(f"{pod_id} of {party_id} has a simulated Light Node, {node.address}.")

    async def _read(self) -> None:
        """Have those meters read whose next quarter-hour is over."""
        now = _quarter_of(self._clock.now())
        for pod_id, each in self._simulated.items():
            if each.read_until >= now:
                continue
            since = max(each.read_until, now - _BASELINES_KEPT)
            span = {"podId": pod_id, "from": since.isoformat(), "to": now.isoformat()}
            known = await self._connection.party(each.party_id).get("/api/scd/baselines", span)
            each.plant.learn(msgspec.convert(known, SeriesBatch).series)
            made = await each.node.collect()
            each.read_until = now
            self._say(f"{pod_id} was read: {made} signed messages.")

    def _say_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._say(text)


def _quarter_of(moment: datetime) -> datetime:
    """Return the start of the quarter-hour that an instant lies in."""
    return moment - (moment - _BEGINNING) % QUARTER_HOUR


async def follow(data: Path, out: Path, say: Say) -> None:
    """Simulate the Light Nodes of the server of a data folder until it is interrupted or ended.

    Args:
        data: The server's data folder, which holds its parties' clients.
        out: Where the nodes have their folders, apart for each server.
        say: Told what happens, in a sentence.

    Raises:
        DayFailed: There is no such server, or it does not answer for longer than is waited for.
    """
    async with Connection([data / "credentials.json"], patience_s=_ANSWER_S) as connection:
        if not connection.with_role(_PROVIDER):
            raise DayFailed(f"{data}/credentials.json has no client of an aggregator")
        follower = Follower(connection, out / connection.mark, say)
        try:
            await _until_ended(_keep_looking(follower))
        finally:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(follower.stop(), _STOPPED_WITHIN_S)


async def _keep_looking(follower: Follower) -> None:
    while True:
        await follower.look()
        await asyncio.sleep(_PAUSE_S)


async def _until_ended(work: Coroutine[Any, Any, None]) -> None:
    """Do some work until SIGINT or SIGTERM come, also in the midst of a call that has no answer.

    A shell without job control starts programs in the background deaf to SIGINT, so that the
    interpreter's own way to be interrupted is not enough.
    """
    loop, working = asyncio.get_running_loop(), asyncio.ensure_future(work)
    signals = (signal.SIGINT, signal.SIGTERM)
    is_ended = asyncio.Event()

    def end() -> None:
        is_ended.set()
        working.cancel()

    for each in signals:
        loop.add_signal_handler(each, end)
    try:
        await working
    except asyncio.CancelledError:
        if not is_ended.is_set():
            raise
    finally:
        for each in signals:
            loop.remove_signal_handler(each)
