"""Five servers of five parties, each a process with its own folder, keys, tokens and address."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from platone import bootstrap
from platone.infra.free_port import free_port

CONTEXTS = {
    "market": ("market", "ledger"),
    "dso": ("dso",),
    "metering": ("access", "customers"),
    "aceae": ("aggregator",),
    "aceae-2": ("aggregator",),
}
"""What runs on each: the market operator's has the chain, the metering company's the broker."""


class PartyServer:
    """A party's server, which dies and comes back at the same place."""

    def __init__(self, name: str, root: Path, clock: datetime) -> None:
        self.name, self.data = name, root / name
        self._clock, self._port = clock, free_port("127.0.0.1")
        self.deaths = 0
        self.start()

    @property
    def credentials(self) -> Path:
        return self.data / "credentials.json"

    @property
    def partner_file(self) -> Path:
        return self.data / "partner.toml"

    def start(self) -> None:
        own = {"PLATONE_NAME": self.name}
        if self.name.startswith("aceae"):
            own["PLATONE_AGGREGATORS"] = self.name.upper().replace("-", "_")
        self.running = bootstrap.spawn_server(
            self.data, self._clock, self._port, contexts=CONTEXTS[self.name], environment=own
        )

    def die(self) -> None:
        self.running.kill()
        self.deaths += 1
        self._forget()

    def stop(self) -> None:
        self.running.stop()
        self._forget()

    def _forget(self) -> None:
        if self.running.process.stdout is not None:
            self.running.process.stdout.close()


@contextlib.contextmanager
def five_servers(root: Path, clock: datetime) -> Iterator[dict[str, PartyServer]]:
    """The servers, started, each a partner of all others by their files."""
    with contextlib.ExitStack() as stack:
        servers = {}
        for name in CONTEXTS:
            servers[name] = PartyServer(name, root, clock)
            stack.callback(servers[name].stop)
        for one in servers.values():
            for other in servers.values():
                if one is not other:
                    bootstrap.add_partner(one.data, other.partner_file)
        yield servers
