"""What the reference promises of a running server: its routes, its files, its proofs."""

import importlib.util
import json
import re
import stat
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DATA = ROOT / "tests" / "data"
OTHERS = 0o077


def rest_page() -> Any:
    spec = importlib.util.spec_from_file_location("rest_page", ROOT / "tools" / "rest_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_rest_page_is_current(outside: Any) -> None:
    """Mend with: python tools/rest_page.py."""
    page = rest_page()
    ca_file = str(outside.data / "ca.pem")
    with page.asking(outside.base_url, ca_file, outside.secrets) as (openapi, call):
        assert (DOCS / "reference" / "rest.md").read_text("utf-8") == page.make(openapi, call)
    routes = {
        f"{method.upper()} {path}" for path, told in openapi["paths"].items() for method in told
    }
    assert set(page.PROBLEMS) <= routes, set(page.PROBLEMS) - routes


def is_private(path: Path, folder: Path) -> bool:
    """Whether a file, or a folder around it up to a certain one, is its owner's only."""
    around = [each for each in path.parents if each == folder or folder in each.parents]
    return any(not stat.S_IMODE(each.stat().st_mode) & OTHERS for each in (path, *around))


def test_files_page_lists_what_is_there(outside: Any) -> None:
    text = (DOCS / "reference" / "files.md").read_text("utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    readers = {name: row[3] for row in rows for name in re.findall(r"`([^`]+)`", row[1])}
    files = [path for path in outside.data.rglob("*") if path.is_file()]
    here = {str(path.relative_to(outside.data)): path for path in files}
    assert len(here) > 20
    for name, path in here.items():
        found = [who for pattern, who in readers.items() if fnmatch(name, pattern)]
        assert found, f"{name} is not on the page"
        assert "owner only" not in found[0] or is_private(path, outside.data), name
    partners = {"partners/*.toml", *(f"identity/broker{end}.pem" for end in ("", "-key", "-ca"))}
    chosen = {"mosquitto/*", "metrics-token"} | {each for each in readers if "database" in each}
    for pattern in readers.keys() - partners - chosen:  # it is alone, and nothing was chosen
        assert any(fnmatch(name, pattern) for name in here), pattern


@pytest.mark.parametrize("name", ["check", "check-seal"])
def test_proof_checked_by_hand(italy: Any, tmp_path: Path, name: str) -> None:
    """The page's own program finds a good proof good, and a changed one not."""
    program = program_of(name)
    proofs = sorted((italy.out / "proofs").glob("*.json"))
    assert proofs
    for proof in proofs if name == "check" else proofs[:1]:
        said = run(program, proof)
        assert "True" in said
        assert "False" not in said
    changed = json.loads(proofs[0].read_text("utf-8"))
    changed["content"] += " "
    last = changed["header"][-1]
    changed["header"] = changed["header"][:-1] + ("0" if last != "0" else "1")
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(json.dumps(changed))
    assert "False" in run(program, spoilt)


def test_validators_signatures_checked_by_hand(tmp_path: Path) -> None:
    """Of a proof that a server on four real validators' chain made, and of altered ones."""
    program, proof = program_of("check-validators"), DATA / "chain" / "validators_proof.json"
    said = run(program, proof)
    assert said.count("True") == 4
    assert "False" not in said
    content = json.loads(proof.read_text("utf-8"))
    for name, place in (("header", -1), ("seal", -1), ("seal", -136)):
        digits = list(content[name])
        digits[place] = "0" if digits[place] != "0" else "1"
        spoilt = tmp_path / "spoilt.json"
        spoilt.write_text(json.dumps(content | {name: "".join(digits)}))
        assert "False" in run(program, spoilt), (name, place)


def program_of(name: str) -> str:
    text = (DOCS / "reference" / "proofs.md").read_text("utf-8")
    pattern = rf"^```python {name}\n(.*?)^```$"
    (program,) = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    return str(program)


def run(program: str, proof: Path) -> str:
    command = [sys.executable, "-W", "ignore", "-c", program, str(proof)]
    done = subprocess.run(  # noqa: S603 - the page's own program
        command, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout
