"""Each extra alone is enough for its own part, and the others say how they are installed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from platone.market.domain.replay import clear_file

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
NETWORK = str(DATA / "cim" / "cigre_mv")
PROOF = str(DATA / "proof" / "market-outcome.json")

# what is imported with an extra alone: rooms with all that is in them, or single modules, without
# those that another extra brings
_OF_KAFKA = (
    "-infra.kafka.last_words",
    "-infra.kafka.session",
    "-infra.kafka.reader",
    "-dso.adapters.kafka_databus",
    "-infra.kafka.administration",
    "-bootstrap.kafka",
)
_OF_TRACES = "-infra.trace.open_telemetry"
ROOMS = {
    "": (
        "kernel",
        "messages",
        "settings",
        "ledger.domain",
        "bootstrap.proof",
        "cli.lazy_group",
        "cli.dso_group",
        "cli.market",
    ),
    "market": ("market.domain", "bootstrap.calculation"),
    "grid": ("grid", "cli"),
    "node": ("node", "bootstrap.field"),
    "picture": ("grid",),
    "cluster": ("grid",),
    "server": ("", *_OF_KAFKA, _OF_TRACES),
    "kafka": ("", _OF_TRACES),
    "trace": ("", *_OF_KAFKA),
    "all": ("",),
}
IMPORT_ALL = """
import importlib, pkgutil
left_out = {f"platone.{name[1:]}" for name in sys.argv[1:] if name.startswith("-")}
left_out.add("platone.__main__")
for name in sys.argv[1:]:
    if name.startswith("-"):
        continue
    room = importlib.import_module(f"platone.{name}".rstrip("."))
    for found in pkgutil.walk_packages(getattr(room, "__path__", []), room.__name__ + "."):
        if found.name not in left_out:
            importlib.import_module(found.name)
"""


def test_every_extra_is_tried(installed: Any) -> None:
    assert set(ROOMS) == {"", *installed.EXTRAS}


@pytest.mark.parametrize("extra", ROOMS)
def test_all_of_a_part_can_be_imported_with_its_extra(run_with: Any, extra: str) -> None:
    done = run_with(extra, *ROOMS[extra], program=IMPORT_ALL)
    assert done.returncode == 0, done.stderr[-1000:]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--version"], r"platone \d+\.\d+"),
        (["-h"], "Usage: platone .* serve .* demo .* verify .* market .* dso "),
        (["dso", "--help"], "Usage: platone dso .* power-flow .* estimate .* forecast "),
        (["market", "--help"], "Usage: platone market .* clear .* settle "),
        (["verify", PROOF], "PROVEN: this marketOutcome"),
    ],
)
def test_the_base_has_the_command_line_and_checks_proofs(
    run_with: Any, arguments: list[str], told: str
) -> None:
    done = run_with("", *arguments)
    assert done.returncode == 0, done.stderr[-1000:]
    assert re.search(told, done.stdout, re.DOTALL), done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("platone d", {"demo", "doctor", "dso"}),
        ("platone dso po", {"power-flow"}),
        ("platone dso power-flow --work", {"--workers"}),
    ],
)
def test_the_shell_completes_what_is_typed(run_with: Any, typed: str, offered: set[str]) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = run_with("", _PLATONE_COMPLETE="complete_bash", **words)
    assert set(done.stdout.split()) == offered, done.stderr


def test_a_changed_proof_does_not_hold_in_the_base_either(run_with: Any, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    proof = Path(PROOF).read_text("utf-8")
    file.write_text(proof.replace("271.7479", "271.7478"), "utf-8")
    done = run_with("", "verify", str(file))
    assert (done.returncode, "NOT PROVEN" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("extra", "command", "need", "missing"),
    [
        ("", "dso power-flow NETWORK", "dso power-flow needs the grid engine", "grid"),
        (
            "market",
            "simulate --network NETWORK --out FILE",
            "simulate needs the grid engine",
            "grid",
        ),
        ("market", "dso convert NETWORK -o FILE", "dso convert needs the grid engine", "grid"),
        ("", "market clear PROOF", "market clear needs the market's calculations", "market"),
        ("node", "market settle PROOF", "market settle needs the market's calculations", "market"),
        ("grid", "serve", "serve needs the server", "server"),
        ("grid", "demo italy", "demo needs the server", "server"),
        (
            "grid",
            "dso picture NETWORK -o FILE",
            "a PNG image needs the renderer of images",
            "picture",
        ),
        (
            "grid",
            "dso power-flow NETWORK --workers tcp://127.0.0.1:9",
            "workers = tcp://127.0.0.1:9 needs the client of a Dask cluster",
            "cluster",
        ),
    ],
)
def test_without_its_extra_a_command_says_in_one_line_what_to_install(
    run_with: Any, tmp_path: Path, extra: str, command: str, need: str, missing: str
) -> None:
    places = {"NETWORK": NETWORK, "PROOF": PROOF, "FILE": str(tmp_path / "file.png")}
    arguments = [places.get(word, word) for word in command.split()]
    if "convert" in arguments:
        arguments += ["--form", "pandapower"]
    done = run_with(extra, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == (
        f'platone: {need}: pip install ".[{missing}]" in a clone of the repository, '
        f'or "platone[{missing}]" where it is published'
    )
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_our_own_does_not_look_like_a_missing_extra(run_with: Any) -> None:
    program = """
sys.modules["platone.grid.study"] = None
from platone.cli import main
main()
"""
    done = run_with("grid", "dso", "power-flow", NETWORK, program=program)
    assert done.returncode == 1
    assert "pip install" not in done.stderr
    assert "platone.grid.study" in done.stderr


@pytest.mark.parametrize("extra", ["market", "grid"])
def test_a_session_is_cleared_without_server_and_database(
    run_with: Any, tmp_path: Path, extra: str
) -> None:
    rules = (ROOT / "docs" / "reference" / "market-rules.md").read_text("utf-8")
    (text,) = re.findall(r"^```json session\n(.*?)^```$", rules, re.MULTILINE | re.DOTALL)
    session = json.loads(text)
    for pod in session["pods"]:
        pod["powerBaseline"] *= 96  # the page shows one of them
    file = tmp_path / "session.json"
    file.write_text(json.dumps(session), "utf-8")
    done = run_with(extra, "market", "clear", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.encode() == clear_file(file.read_bytes()) + b"\n"


def test_a_network_is_studied_with_the_grid_engine_alone(run_with: Any, tmp_path: Path) -> None:
    done = run_with("grid", "dso", "power-flow", NETWORK, "--json")
    assert done.returncode == 0, done.stderr[-1000:]
    assert len(json.loads(done.stdout)["buses"]) > 10
    for name in ("network.html", "network.svg"):
        done = run_with("grid", "dso", "picture", NETWORK, "-o", str(tmp_path / name))
        assert done.returncode == 0, done.stderr[-1000:]
        assert (tmp_path / name).stat().st_size > 10_000


def test_an_image_is_made_with_the_extra_for_it(run_with: Any, tmp_path: Path) -> None:
    file = tmp_path / "network.png"
    done = run_with("picture", "dso", "picture", NETWORK, "-o", str(file))
    assert done.returncode == 0, done.stderr[-1000:]
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_cluster_is_looked_for_with_the_extra_for_it(run_with: Any) -> None:
    program = """
from platone.grid.problem.calculation import ClusterMissing
from platone.grid.run.workers import workers
try:
    with workers("tcp://127.0.0.1:9", 0.5):
        pass
except ClusterMissing as error:
    print(error.detail)
"""
    done = run_with("cluster", program=program)
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in done.stdout, done.stderr


def test_a_light_node_keeps_a_reading_with_its_extra_alone(run_with: Any, tmp_path: Path) -> None:
    program = """
import asyncio
from datetime import UTC, datetime
from pathlib import Path
from platone.bootstrap import light_node
from platone.kernel.clock import SystemClock
from platone.messages.metering import Reading

class Meter:
    async def read(self, since):
        start = datetime(2021, 6, 23, 10, tzinfo=UTC)
        return [Reading(pod_id="IT001", start_time=start, duration_minutes=15, energy_wh=-250)]

async def keep():
    node = light_node(Path(sys.argv[1]), Meter(), None, SystemClock())
    await node._journal.open()
    print(node.enrolment("IT001").device == node.address, await node.collect())
    print((await node.status()).waiting)
    await node._journal.close()

asyncio.run(keep())
"""
    done = run_with("node", str(tmp_path / "node"), program=program)
    assert done.returncode == 0, done.stderr[-1000:]
    assert done.stdout == "True 1\n1\n"
