"""The Italian day on a chain of four validators: one dies and comes back, then the server's own."""

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

from tests.validators import CHAIN_ID, NAMES, Validator, consortium, wait_for
from typer.testing import CliRunner

import platone.demo.italy
from platone import bootstrap
from platone.cli import app
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario
from platone.ledger.domain.verification import verify_proof
from platone.ledger.service.witness import confirm

from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
KILLED_AFTER = {"Connect the Light Nodes": 2, "Activate, and measure the day": 0}
"""Which validator dies a moment after a step, while the next one is under way: first another
party's, then the one that the market's server asks, while readings are certified and settled."""
_AWAY_S = 2.0
"""How long it stays away, s, before it is started again."""


async def die_and_return(validator: Validator) -> None:
    await asyncio.sleep(0.15)
    await asyncio.to_thread(validator.end, signal.SIGKILL)
    await asyncio.sleep(_AWAY_S)
    await asyncio.to_thread(validator.start)


async def run_on(validators: list[Validator], folder: Path) -> Any:
    """Run the day with a server whose ledger lives on the validators' chain."""
    scenario, data = load_scenario(ITALY), folder / "data"
    chosen = surroundings(validators[0])
    server = await asyncio.to_thread(
        bootstrap.spawn_server, data, scenario.day.clock_start, environment=chosen
    )
    try:
        async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

            def say(title: str, _said: str) -> None:
                if title in KILLED_AFTER:
                    deaths.create_task(die_and_return(validators[KILLED_AFTER[title]]))

            return await run_day(scenario, [data / "credentials.json"], folder / "out", say)
    finally:
        server.stop()
        if server.process.stdout is not None:
            server.process.stdout.close()


async def test_the_day_comes_out_although_validators_are_killed(italy: Any, tmp_path: Path) -> None:
    with consortium(tmp_path / "chain") as validators:
        result = await run_on(validators, tmp_path)
        founding = validators[0].status()["consortium"]
        wait_for(lambda: all(each.head() == validators[0].head() for each in validators))
        audited = await asyncio.to_thread(audit, validators[3], tmp_path / "data")
        assert_proven(tmp_path / "out" / "proofs", len(result.proofs), founding, validators[3])
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert_same_day(tmp_path / "out", italy)
    assert re.fullmatch(r"\d+ certifications looked up: no faults\n", audited), audited
    for place, each in enumerate(validators):
        starts = each.log.read_text().count("listens on")
        assert starts == (2 if place in KILLED_AFTER.values() else 1)


def audit(validator: Validator, data: Path) -> str:
    """Have all certifications looked up at another party's validator than the server's own."""
    words = ["chain", "audit", "--data", str(data)]
    return CliRunner().invoke(app, words, env=surroundings(validator)).output


def surroundings(validator: Validator) -> dict[str, str]:
    return {"PLATONE_LEDGER_NETWORK": validator.url, "PLATONE_CHAIN_ID": str(CHAIN_ID)}


def assert_proven(folder: Path, count: int, founding: str, other: Validator) -> None:
    """Each proof holds offline by signatures of the founders' validators, and another agrees."""
    files = sorted(folder.glob("*.json"))
    assert len(files) == count
    for file in files:
        report = verify_proof(file.read_bytes(), expected_sealer=founding)
        assert report.valid, (file.name, report.checks)
        assert report.claims is not None
        assert len(report.claims.validators) > 2 * len(NAMES) / 3
        asked = confirm(report, other.rpc)
        assert asked.valid, (file.name, asked.checks)
