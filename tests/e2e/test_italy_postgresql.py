"""The Italian day with all records on PostgreSQL, which is killed in the middle of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.postgresql import Server

import platone.demo.italy
from platone import bootstrap
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario

from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
KILLED_AFTER = "Offer flexibility"
CONTEXTS = {"access", "aggregator", "customers", "dso", "identity", "ledger", "market"}
ROLE = """
CREATE ROLE {role} LOGIN;
CREATE SCHEMA {context} AUTHORIZATION {role};
ALTER ROLE {role} CONNECTION LIMIT 20;
"""


async def test_the_day_is_the_same_on_postgresql_although_it_is_killed(
    postgresql_server: Server, italy: Any, tmp_path: Path
) -> None:
    """Each context comes as a user of its own, which owns its schema and nothing else."""
    database = postgresql_server.database().rsplit("/", 1)[-1]
    for context in sorted(CONTEXTS):
        made = postgresql_server.psql(
            ROLE.format(context=context, role=f"{database}_{context}"), database
        )
        assert not made
    address = postgresql_server.address(database, f"{database}_{{context}}")
    scenario = load_scenario(ITALY)
    server = await asyncio.to_thread(
        bootstrap.spawn_server,
        tmp_path / "data",
        scenario.day.clock_start,
        environment={"PLATONE_DATABASE": address},
    )
    with pytest.raises(bootstrap.ServerFailed, match="in use by another server"):
        await asyncio.to_thread(
            bootstrap.spawn_server, tmp_path / "second", environment={"PLATONE_DATABASE": address}
        )
    died: list[str] = []

    async def die_and_return() -> None:
        await asyncio.sleep(0.15)
        await asyncio.to_thread(postgresql_server.kill)
        await asyncio.sleep(1)
        await asyncio.to_thread(postgresql_server.restart)
        died.append("the database")

    try:
        async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

            def say(title: str, _said: str) -> None:
                if title == KILLED_AFTER:
                    deaths.create_task(die_and_return())

            files = [tmp_path / "data" / "credentials.json"]
            result = await run_day(scenario, files, tmp_path / "out", say)
    finally:
        server.stop()
        if server.process.stdout is not None:
            server.process.stdout.close()
    assert died
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert_same_day(tmp_path / "out", italy)
    assert schemas(postgresql_server, database) == CONTEXTS
    assert not [*(tmp_path / "data").glob("*.db")]


def schemas(server: Server, database: str) -> set[str]:
    asked = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname !~ '^pg_|^information_'"
    return set(server.psql(asked, database).split())
