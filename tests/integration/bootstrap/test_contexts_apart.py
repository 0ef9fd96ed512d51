"""A server loads what its contexts need: a DSO's not the chain, a market's not the grid engine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

STARTED = """
import asyncio, json, sys
from pathlib import Path
from platone.bootstrap.platform import Platform
from platone.bootstrap.server import run_server
from platone.messages.partner import context_of
from platone.settings import load_settings

async def main():
    settings = load_settings(data=Path(sys.argv[1]), contexts=sys.argv[2], mqtt_port=0)
    platform = await Platform.open(settings, "https://127.0.0.1:9443")
    paths = list(platform.app.openapi()["paths"])
    await platform.close()
    told = {"loaded": sorted(sys.modules), "homes": {path: context_of(path) for path in paths}}
    print(json.dumps(told))

asyncio.run(main())
"""
EVM, GRID = {"eth", "vyper", "platone.ledger.context"}, {"power_grid_model", "platone.grid"}


def started(folder: Path, contexts: str) -> tuple[set[str], dict[str, str]]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", STARTED, str(folder), contexts],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    told = json.loads(done.stdout)
    return set(told["loaded"]), told["homes"]


@pytest.mark.parametrize(
    ("contexts", "has", "has_not"),
    [
        ("dso", {"platone.dso.context", "platone.grid"}, EVM),
        ("market", {"platone.market.context"}, GRID | {"eth", "vyper"}),
        ("market,ledger", {"platone.market.context", "eth"}, GRID),
        ("access,customers", {"platone.access.context"}, EVM | GRID | {"platone.market.context"}),
    ],
)
def test_a_server_loads_its_own_contexts_only(
    tmp_path: Path, contexts: str, has: set[str], has_not: set[str]
) -> None:
    loaded, homes = started(tmp_path / "data", contexts)
    assert has <= loaded
    assert not has_not & loaded
    # and each path that it serves is known to others as its own
    served = {*contexts.split(","), ""}
    assert set(homes.values()) == served
