"""`platone dso … --workers` on a real Dask cluster gives what one process gives, also under TLS."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import LocalCluster
from distributed.security import Security
from typer.testing import CliRunner, Result

import platone.demo.italy
from platone.cli import app
from platone.kernel.errors import PlatoneError

ITALY = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
PODS = ["IT002E61899978", "IT002E61899979"]
DAYS = 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with local() as found:
        yield found


def local(**options: Any) -> Any:
    make: Any = LocalCluster
    options |= {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    return make(n_workers=2, threads_per_worker=1, **options)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two days of all PoDs' powers, some quarter-hours of them too much; offers and trades."""
    folder = tmp_path_factory.mktemp("study")
    pods = [each["podId"] for each in json.loads(ITALY.read_text())["connectionPoints"]]
    rng = np.random.default_rng(3)
    rows = [["at", *(f"{pod} kW" for pod in pods)]]
    trades = ["at,element,changeKw,eurPerKwh"]
    for number in range(96 * DAYS):
        at = f"2021-06-{23 + number // 96}T{number // 4 % 24:02}:{number % 4 * 15:02}:00Z"
        rows.append([at, *(f"{kw:.1f}" for kw in rng.uniform(500, 2800, len(pods)))])
        if number % 16 == 0:
            trades += [f"{at},{pod},{rng.uniform(300, 1500):.0f},0.1" for pod in pods]
    offers = ["element,maxUpKw,maxDownKw", *(f"{pod},0,3000" for pod in pods)]
    found = {name: folder / f"{name}.csv" for name in ("power", "flexibility", "trades")}
    for path, lines in zip(found.values(), (map(",".join, rows), offers, trades), strict=True):
        path.write_text("\n".join(lines) + "\n")
    return found


def run(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(app, ["dso", command, str(ITALY), *map(str, arguments), "--json"])


def commands(files: dict[str, Path]) -> dict[str, list[object]]:
    power = ["--power", files["power"]]
    return {
        "power-flow": power,
        "request": [*power, "--flexibility", files["flexibility"]],
        "validate": [*power, "--trades", files["trades"]],
    }


@pytest.mark.parametrize("command", ["power-flow", "request", "validate"])
def test_a_cluster_by_an_option(cluster: Any, files: dict[str, Path], command: str) -> None:
    arguments = commands(files)[command]
    before = cluster.scheduler.transition_counter
    spread = run(command, *arguments, "--workers", cluster.scheduler_address)
    assert spread.exit_code == 0, spread.output
    assert cluster.scheduler.transition_counter > before + DAYS
    alone = json.loads(run(command, *arguments).stdout)
    found = json.loads(spread.stdout)
    if command == "request":
        assert_same_request(found, alone)
    else:
        assert_same(found, alone)


def assert_same_request(found: Any, alone: Any) -> None:
    """The same alarms are cured, for the same sum of changes in each quarter-hour."""
    assert_same(found["alarms"], alone["alarms"])
    assert_same(found["incurable"], alone["incurable"])
    assert len(alone["needs"]) > 20
    assert_same(sums(found), sums(alone), 2e-3)


def sums(request: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for need in request["needs"]:
        found[need["at"]] = found.get(need["at"], 0.0) + need["changeKw"]
    return found


def assert_same(found: Any, alone: Any, within: float = 1e-4) -> None:
    """The same structure and words, and the same numbers within a tolerance."""
    assert type(found) is type(alone)
    if isinstance(alone, dict):
        assert found.keys() == alone.keys()
        for key, value in alone.items():
            assert_same(found[key], value, within)
    elif isinstance(alone, list):
        assert len(found) == len(alone)
        for first, second in zip(found, alone, strict=True):
            assert_same(first, second, within)
    elif isinstance(alone, float):
        assert found == pytest.approx(alone, rel=within, abs=1e-2)
    else:
        assert found == alone


def test_a_cluster_by_the_setting(
    cluster: Any, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cluster.scheduler.transition_counter
    monkeypatch.setenv("PLATONE_WORKERS", cluster.scheduler_address)
    assert run("request", *commands(files)["request"]).exit_code == 0
    assert cluster.scheduler.transition_counter > before + DAYS


def test_a_refusal_comes_back_from_another_process_as_it_is(files: dict[str, Path]) -> None:
    arguments = ["--power", files["power"], "--unbalanced"]
    spread = run("power-flow", *arguments, "--workers", "processes:2").exception
    alone = run("power-flow", *arguments).exception
    assert isinstance(spread, PlatoneError)
    assert isinstance(alone, PlatoneError)
    assert type(spread) is type(alone)
    assert (spread.detail, spread.fields) == (alone.detail, alone.fields)


def test_under_tls_with_dasks_own_settings(files: dict[str, Path], tmp_path: Path) -> None:
    make: Any = Security
    security = make.temporary()
    parts = {
        "CA_FILE": security.tls_ca_file,
        "CLIENT__CERT": security.tls_client_cert,
        "CLIENT__KEY": security.tls_client_key,
    }
    told = {}
    for name, content in parts.items():
        (tmp_path / name).write_text(content)
        told[f"DASK_DISTRIBUTED__COMM__TLS__{name}"] = str(tmp_path / name)
    with local(security=security, protocol="tls") as cluster:
        assert cluster.scheduler_address.startswith("tls://")
        arguments = ["--workers", cluster.scheduler_address, "--json"]
        command = ["request", ITALY, *commands(files)["request"], *arguments]
        done = program(command, os.environ | told)
        assert done.returncode == 0, done.stderr
        stranger = program(command, os.environ)
    alone = run("request", *commands(files)["request"])
    assert_same_request(json.loads(done.stdout), json.loads(alone.stdout))
    assert stranger.returncode == 1
    assert "No Dask scheduler answers at tls://" in stranger.stderr
    assert stranger.stderr.count("\n") == 1


def test_a_scheduler_without_our_package_is_named(files: dict[str, Path]) -> None:
    script = (
        "import asyncio, sys\n"
        "sys.modules['platone'] = None\n"
        "import importlib.metadata as found\n"
        "known = found.version\n"
        "found.version = lambda name: known('absent' if name == 'platone' else name)\n"
        "from distributed import Scheduler, Worker\n"
        "async def serve():\n"
        "    async with Scheduler(host='127.0.0.1', dashboard=False) as scheduler:\n"
        "        async with Worker(scheduler.address, nthreads=1):\n"
        "            print(scheduler.address, flush=True)\n"
        "            await asyncio.to_thread(sys.stdin.read)\n"
        "asyncio.run(serve())\n"
    )
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as strange:
        assert strange.stdout is not None
        address = strange.stdout.readline().strip()
        result = run("request", *commands(files)["request"], "--workers", address)
        strange.communicate()
    assert isinstance(result.exception, PlatoneError)
    assert "has platone None" in result.exception.detail


@pytest.mark.parametrize("where", ["procesess:2", "processes:0", "https://10.0.0.5"])
def test_a_wrong_place_is_named(where: str) -> None:
    result = run("power-flow", "--workers", where)
    assert isinstance(result.exception, PlatoneError)
    assert where in result.exception.detail
    assert not result.stdout


def program(arguments: list[Any], environment: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from platone.cli import main; main()", "dso"]
    return subprocess.run(  # noqa: S603 - our own program
        [*command, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
