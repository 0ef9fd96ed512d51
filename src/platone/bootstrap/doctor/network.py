"""A look at a server's ports, at its own health, and at its partners."""

import fcntl
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

import platone
from platone.bootstrap.doctor.finding import Finding, fault, ok, warning
from platone.bootstrap.partner import PARTNER_FOLDER, own_partner
from platone.infra.http.partner import PartnerFileInvalid, clock_offset_s, read_partner
from platone.messages.partner import PartnerFile
from platone.settings import Settings

_WAIT_S = 5.0
"""Longest wait for an answer, s: who takes longer is not well."""
_MOST_OFFSET_S = 60.0
"""Distance of two clocks from which on submissions near a gate come early or late, s."""
_OK = 200
"""HTTP status by which a server says that all its loops run."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of a server: its status, its body, and how far its clock is ahead, s."""

    status: int
    body: bytes
    offset_s: float | None
    took_s: float


def is_running(folder: Path) -> bool:
    """Return whether a server runs on a data folder: it holds the lock."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def look_at_server(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the server itself, whether it runs or not."""
    if is_running(settings.data):
        told = own_partner(settings.data)
        yield from _health(told)
    else:
        yield ok("server", "does not run on this folder")
        yield _port("port", settings.host, settings.port, "Choose another `port`.")
        file = settings.data / "mqtt-port"
        port = settings.mqtt_port or (int(file.read_text()) if file.exists() else 0)
        advice = (
            f"Is this folder a copy of one whose server runs? Both have the port in {file}: give "
            "this one its own by `mqtt_port`, and its devices the new port."
        )
        yield _port("broker's port", settings.host, port, advice)


def _port(about: str, host: str, port: int, advice: str) -> Finding:
    if port == 0:
        return ok(about, "a free one is taken at the start")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            return fault(about, f"{host}:{port} cannot be taken: {error.strerror}", advice)
    return ok(about, f"{host}:{port} is free")


def _health(told: PartnerFile) -> Iterator[Finding]:
    try:
        answer = _asked(told, "/health")
    except (httpx.HTTPError, ssl.SSLError) as error:
        advice = "Look at its log; a firewall or another name may stand between. Else restart it."
        yield fault("server", f"runs, and does not answer at {told.url}: {error!r}", advice)
        return
    if answer.status == _OK:
        yield ok("server", f"runs at {told.url}, and all its loops do")
        return
    loops = json.loads(answer.body)["loops"]
    wrong = [f"{name} ({each['state']})" for name, each in loops.items() if _is_wrong(each)]
    advice = "The log has the reason; docs/how-to/answer-an-alert.md says what each one means."
    yield fault("server", f"runs at {told.url}, but not {', '.join(wrong)}", advice)


def _is_wrong(loop: dict[str, str]) -> bool:
    return loop["state"] != "running"


def look_at_partners(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of each partner: whether it answers, its version, and its clock."""
    for file in sorted((settings.data / PARTNER_FOLDER).glob("*.toml")):
        about = f"partner {file.stem}"
        try:
            told = read_partner(file).told
            answer, version = _asked(told, "/health/live"), _version(told)
        except PartnerFileInvalid as error:
            yield fault(about, error.detail, "Ask for its file again: platone partner add FILE.")
            continue
        except (httpx.HTTPError, ssl.SSLError) as error:
            advice = "Call its people; if it has a new certificate authority, ask for its file."
            yield fault(about, f"{told.url} does not answer: {error!r}", advice)
            continue
        yield _reached(about, told, answer, version)


def _reached(about: str, told: PartnerFile, answer: _Answer, version: str) -> Finding:
    text = f"{told.url} answers in {answer.took_s:.1f} s, version {version or 'unknown'}"
    if answer.offset_s is not None and abs(answer.offset_s) > _MOST_OFFSET_S:
        text = f"{text}; its clock is {answer.offset_s:+.0f} s from ours"
        return fault(
            about, text, "Find out which clock is wrong, and let both follow a time server."
        )
    if version != platone.__version__:
        return warning(about, text, f"Ours is {platone.__version__}: read the changelog of both.")
    return ok(about, text)


def _version(told: PartnerFile) -> str:
    found = json.loads(_asked(told, "/openapi.json").body)
    return str(found.get("info", {}).get("version", ""))


def _asked(told: PartnerFile, path: str) -> _Answer:
    """Return a server's answer, over TLS by its own authority."""
    trusted = ssl.create_default_context(cadata=told.authority)
    began_s = time.monotonic()
    with httpx.Client(verify=trusted, timeout=_WAIT_S) as client:
        answer = client.get(told.url + path)
    offset_s = clock_offset_s(answer.headers.get("date", ""), datetime.now(UTC))
    return _Answer(answer.status_code, answer.content, offset_s, time.monotonic() - began_s)
