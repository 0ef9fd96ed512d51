"""Find programs for the tests, or fetch them: `python tools/component.py`, or `make components`.

The machine's own serve; else Debian's package manager fetches their packages, and those of the
libraries that they need, into out/components, where nothing of the system is changed and no service
starts. What it fetches it checks by the hashes of its signed lists. Kafka comes from Maven Central
by `mvn`, is checked by `tools/kafka.sha256`, and needs Java 17. CometBFT is built by `go`, whose
module it is: its sum is pinned here, and those of all that it is made of in its own go.sum. Anvil,
a node of an Ethereum network, comes from npm by `npm`. Without one of them its tests are
skipped by name, and fail under CI=true.
"""

import base64
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "out" / "components"
"""Where components are kept; `make clean` removes them."""
_PACKAGES = {
    "mosquitto": ("mosquitto", "libcjson1", "libdlt2", "libmosquitto1", "libwrap0"),
    "promtool": ("prometheus",),
}
"""Debian's packages of each program, and of the libraries that not every machine has."""
_KAFKA_HASHES = Path(__file__).with_name("kafka.sha256")
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>test</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
<version>4.3.1</version></dependency><dependency><groupId>org.apache.logging.log4j</groupId>
<artifactId>log4j-slf4j-impl</artifactId><version>2.25.4</version></dependency></dependencies>
</project>
"""
_COMETBFT = "github.com/cometbft/cometbft"
_COMETBFT_VERSION = "v0.38.26"
_COMETBFT_SUM = "h1:MIPYgOSvyyiN1jo3SZljKy4ZXqs896aQnj3pQFfUmaE="
"""The sum of the module's files, as go.sum has it."""
_ANVIL = {
    "x86_64": (
        "@foundry-rs/anvil-linux-amd64@1.7.1",
        "+XmShybEaxfCrr0OUUZwYEy2OnYZt5pHH9TzBtLv3+VrK0O/ANuNSVEahqNhKHlgX7GRJ59383ofNhxkRWIYTg==",
    ),
    "aarch64": (
        "@foundry-rs/anvil-linux-arm64@1.7.1",
        "ykHJmFOGdBR8+9smOKBm9ZZDCCCkLQctiHOAddLvmYx9mPeBDMfq6jP51hKYsO5MG8ClPLSlWe+JpiXPjoXgBQ==",
    ),
}
"""npm's package of each kind of machine, and the SHA-512 of its archive, in base 64."""
_PLACES = ("/usr/sbin", "/usr/local/sbin")
_TRIES_S = 300
"""How long a command may take, s: the packages are of 0.7 to 45 MB, the lists of some 10 MB."""
_BUILD_S = 900
"""How long CometBFT may be built, s: four minutes on a busy machine of two cores."""


def component(name: str, *, again: bool = True) -> str | None:
    """Return where a program is, and fetch it where it is not; None where it cannot be had.

    Tests do not try ``again`` what was tried in vain: each of them would wait for it as long.
    """
    named = os.environ.get(f"PLATONE_TEST_{name.upper()}")
    own = (shutil.which(name, path=path) for path in (None, *_PLACES))
    if found := named or next(filter(None, own), None):
        return found
    program, in_vain = FOLDER / name / name, FOLDER / f"{name}.in-vain"
    if not program.exists() and (again or not in_vain.exists()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        in_vain.touch()
        apt = shutil.which("apt-get")
        if name == "kafka":
            _fetch_kafka()
        elif name == "cometbft":
            _build_cometbft()
        elif name == "anvil":
            _fetch_anvil()
        elif apt is not None:
            _fetch(apt, name)
    if not program.exists():
        return None
    in_vain.unlink(missing_ok=True)
    return str(program)


def _fetch_kafka() -> None:
    """Fetch Kafka's archives, and write a program that runs one of their classes."""
    mvn, java = shutil.which("mvn"), shutil.which("java")
    if mvn is None or java is None:
        return
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        draft = Path(folder)
        (draft / "pom.xml").write_text(_POM)
        copy = ["dependency:copy-dependencies", "-DoutputDirectory=libs", "-DincludeScope=runtime"]
        if not _does([mvn, "-B", "-q", *copy], draft):
            return
        libraries = draft / "libs"
        if not _does(
            ["sha256sum", "--check", "--quiet", "--strict", str(_KAFKA_HASHES)], libraries
        ):
            return
        listed = _KAFKA_HASHES.read_text().splitlines()
        if len(list(libraries.iterdir())) != len(listed):
            print("    Kafka needs other archives than tools/kafka.sha256 lists")
            return
        start = draft / "kafka"
        start.write_text(
            f'#!/bin/sh\nhere=$(dirname "$0")\nexec {java} $KAFKA_OPTS -cp "$here/libs/*" "$@"\n'
        )
        start.chmod(0o755)
        if not (FOLDER / "kafka").exists():  # another process may have fetched it meanwhile
            draft.rename(FOLDER / "kafka")
            draft.mkdir()  # which is removed at the end


def _build_cometbft() -> None:
    """Fetch CometBFT's sources, check them, and build the program."""
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        return
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        draft = Path(folder)
        module = f"{_COMETBFT}@{_COMETBFT_VERSION}"
        found = _told([go, "mod", "download", "-json", module], draft)
        if found is None or json.loads(found).get("Sum") != _COMETBFT_SUM:
            print(f"    {module} is not to be had, or not as it was")
            return
        build = [go, "install", "-trimpath", f"{_COMETBFT}/cmd/cometbft@{_COMETBFT_VERSION}"]
        whole = draft / "cometbft"
        if _does(build, draft, _BUILD_S, GOBIN=str(whole)) and not (FOLDER / "cometbft").exists():
            whole.rename(FOLDER / "cometbft")


def _fetch_anvil() -> None:
    """Fetch anvil's archive, and unpack it if it is the one that is known."""
    npm, known = shutil.which("npm"), _ANVIL.get(platform.machine())
    if npm is None or known is None or platform.system() != "Linux":
        return
    package, digest = known
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        draft = Path(folder)
        if not _does([npm, "pack", "--silent", package], draft):
            return
        archive = next(draft.glob("*.tgz"))
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if found != digest:
            print(f"    {archive.name} is another archive than tools/component.py knows")
            return
        if not _does(["tar", "-xzf", archive.name], draft):
            return
        unpacked = draft / "package"
        (unpacked / "bin" / "anvil").rename(unpacked / "anvil")
        if not (FOLDER / "anvil").exists():  # another process may have fetched it meanwhile
            unpacked.rename(FOLDER / "anvil")


def _fetch(apt: str, program: str) -> None:
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        draft = Path(folder)
        download = [apt, "download", "-qq", *_PACKAGES[program]]
        if not _does(download, draft):
            if os.geteuid() == 0:
                _does([apt, "update", "-qq"], draft)
            if not _does(download, draft):
                return
        whole = draft / program
        if not all(
            _does(["dpkg-deb", "-x", each.name, whole.name], draft) for each in draft.glob("*.deb")
        ):
            return
        libraries = {str(each.parent.relative_to(whole)) for each in whole.rglob("*.so*")}
        paths = ":".join(f"$here/{each}" for each in sorted(libraries))
        main = next(whole.glob(f"usr/*bin/{program}")).relative_to(whole)
        start = whole / program
        start.write_text(
            f'#!/bin/sh\nhere=$(dirname "$0")\nLD_LIBRARY_PATH="{paths}" exec "$here/{main}" "$@"\n'
        )
        start.chmod(0o755)
        if not (FOLDER / program).exists():  # another process may have fetched it meanwhile
            whole.rename(FOLDER / program)


def _does(command: list[str], folder: Path, within_s: float = _TRIES_S, **environment: str) -> bool:
    return _told(command, folder, within_s, **environment) is not None


def _told(
    command: list[str], folder: Path, within_s: float = _TRIES_S, **environment: str
) -> str | None:
    """Return what a command says; None where it fails, which is printed."""
    try:
        done = subprocess.run(  # noqa: S603 - the package managers' own tools
            command,
            check=False,
            timeout=within_s,
            cwd=folder,
            capture_output=True,
            text=True,
            env=os.environ | environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"    {error}")
        return None
    if done.returncode:
        print(f"    {' '.join(command)}: {done.stderr.strip()}")
        return None
    return done.stdout


def main() -> int:
    """Find or fetch each, and say what came of it; it never fails the check."""
    for name in (*_PACKAGES, "kafka", "cometbft", "anvil"):
        print(f"    {component(name) or f'there is no {name}: its tests will be skipped'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
