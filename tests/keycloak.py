"""A real Keycloak for the tests: fetched once by Maven, started and stopped by whoever needs it."""

import contextlib
import hashlib
import os
import shutil
import signal
import ssl
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from platone.infra.free_port import free_port

from .component import missing

VERSION = "26.7.3"
_SHA256 = "77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47"
"""Hash of the distribution that was tried."""
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "platone" / "components"
_REALM = Path(__file__).parent / "data" / "keycloak" / "pilot-realm.json"
_FETCHED_S, _STARTED_S = 300, 300
"""How long fetching and starting may take, s: a first start takes a minute."""
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>test</groupId><artifactId>test</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.keycloak</groupId><artifactId>keycloak-quarkus-dist</artifactId>
<version>{version}</version><type>tar.gz</type><exclusions><exclusion><groupId>*</groupId>
<artifactId>*</artifactId></exclusion></exclusions></dependency></dependencies></project>
"""
PASSWORD = "a long sentence of words"
SECRETS = {"pages": "the secret of the pages", "elsewhere": "the secret of another"}
"""The realm's clients."""


@dataclass(frozen=True)
class Keycloak:
    """A Keycloak that runs, with the realm `pilot`."""

    address: str
    ca_file: Path
    process: "subprocess.Popen[bytes]"
    http: httpx.Client

    @property
    def issuer(self) -> str:
        return f"{self.address}/realms/pilot"

    def token(self, user: str, client: str = "pages") -> str:
        """An access token of a person, as a program of its own would have it."""
        form = {"grant_type": "password", "username": user, "password": PASSWORD}
        return self._token("pilot", form | {"scope": "openid"}, (client, SECRETS[client]))

    def add_key(self) -> None:
        """Roll the realm's key over: what is signed from now on is signed by another one."""
        form = {"grant_type": "password", "username": "admin", "password": "admin"}
        admin = self._token("master", form | {"client_id": "admin-cli"}, None)
        bearer = {"Authorization": f"Bearer {admin}"}
        realm = self.http.get("/admin/realms/pilot", headers=bearer).raise_for_status().json()
        key = {
            "name": "rolled",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "parentId": realm["id"],
            "config": {"priority": ["1000"], "enabled": ["true"], "active": ["true"]},
        }
        path = "/admin/realms/pilot/components"
        self.http.post(path, json=key, headers=bearer).raise_for_status()

    def _token(self, realm: str, form: dict[str, str], auth: Any) -> str:
        path = f"/realms/{realm}/protocol/openid-connect/token"
        answer = self.http.post(path, data=form, auth=auth)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


@contextlib.contextmanager
def running(folder: Path, pages_port: int) -> Iterator[Keycloak]:
    """Start Keycloak for the pages of a server at a port of localhost."""
    home = _home()
    port, management = free_port("127.0.0.1"), free_port("127.0.0.1")
    address = f"https://localhost:{port}"
    certificate, key = _certificate(folder)
    own = _own_home(home, folder / "keycloak")
    command = [str(own / "bin" / "kc.sh"), "start-dev", "--db=dev-mem", "--cache=local"]
    command += ["--http-enabled=false", f"--https-port={port}", f"--hostname={address}"]
    command += [f"--https-certificate-file={certificate}", f"--https-certificate-key-file={key}"]
    command += [f"--http-management-port={management}", "--import-realm"]
    told = {
        "PLATONE_PORT": str(pages_port),
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": "admin",
        "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m",
    }
    log = folder / "keycloak.log"
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - the component of this test
            command, env=os.environ | told, stdout=out, stderr=out, start_new_session=True
        )
    trusted = ssl.create_default_context(cafile=str(certificate))
    with httpx.Client(base_url=address, verify=trusted, timeout=60) as http:
        keycloak = Keycloak(address, certificate, process, http)
        try:
            _wait(keycloak, log)
            yield keycloak
        finally:
            keycloak.stop()


def _wait(keycloak: Keycloak, log: Path) -> None:
    until_s = time.monotonic() + _STARTED_S
    while time.monotonic() < until_s and keycloak.process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if keycloak.http.get("/realms/pilot").status_code == 200:
                return
        time.sleep(0.5)
    missing("signing in at Keycloak", f"it did not start: {log.read_text()[-800:]}")


def _own_home(home: Path, own: Path) -> Path:
    """A folder with data of its own, and the program of another."""
    (own / "data" / "import").mkdir(parents=True)
    shutil.copy(_REALM, own / "data" / "import" / _REALM.name)
    shutil.copytree(home / "bin", own / "bin")
    for name in ("lib", "conf", "providers", "themes"):
        (own / name).symlink_to(home / name)
    return own


def _home() -> Path:
    """The folder of Keycloak, fetched where it is not there yet."""
    home = _CACHE / f"keycloak-{VERSION}"
    if not (home / "bin" / "kc.sh").exists():
        for program in ("java", "mvn"):
            if shutil.which(program) is None:
                missing("signing in at Keycloak", f"there is no {program}")
        _fetch(home)
    return home


def _fetch(home: Path) -> None:
    draft = _CACHE / f"keycloak-draft-{os.getpid()}"
    draft.mkdir(parents=True)
    try:
        (draft / "pom.xml").write_text(_POM.format(version=VERSION))
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=out"],  # noqa: S607
            cwd=draft,
            check=True,
            timeout=_FETCHED_S,
        )
        (archive,) = (draft / "out").glob("*.tar.gz")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != _SHA256:
            missing("signing in at Keycloak", f"{archive.name} has the hash {found}")
        with tarfile.open(archive) as packed:
            packed.extractall(draft, filter="data")
        (draft / f"keycloak-{VERSION}").rename(home)
    except (OSError, subprocess.SubprocessError) as error:
        missing("signing in at Keycloak", f"it cannot be fetched: {error}")
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "keycloak.pem", folder / "keycloak-key.pem"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    return certificate_file, key_file
