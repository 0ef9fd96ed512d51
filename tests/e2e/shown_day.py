"""A server on which every page has something to show: the Italian day, and what follows it."""

import asyncio
import html
import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

from .page_visit import Visit
from .rights_day import OWN_POD, PATIENTLY
from .test_bad_input_field import Device

AFTER = datetime(2021, 7, 2, 9, 30, tzinfo=UTC)
"""11:30 in Rome after the month of the Italian day, which can be billed then; a gate is open."""
OPEN = {"marketType": "dayAhead", "startTime": "2021-07-02T22:00:00Z"}
"""The session whose gate is open."""
_NETWORK = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
_FURTHER_POD = "IT001E00000009"
_AT = "2021-06-23T10:30:00Z"
"""When the day's flexibility was delivered."""


@dataclass(frozen=True)
class Shown:
    """The server, and what stands for each name in an address of a page."""

    server: Any
    names: dict[str, str]

    def address(self, page: str) -> str:
        return page.format(**self.names)


@contextmanager
def started(finished: Path, server_on: Any, folder: Path) -> Iterator[Shown]:
    """Run such a server on a copy of a finished day, in a folder."""
    other_port = shutil.ignore_patterns("mqtt-port")  # another copy may be running
    shutil.copytree(finished / "data", folder / "data", ignore=other_port)
    server = server_on(folder / "data", AFTER)
    try:
        yield furnished(server, folder)
    finally:
        server.close()


@pytest.fixture(scope="session")
def shown(
    finished_day: Path, server_on: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shown]:
    with started(finished_day, server_on, tmp_path_factory.mktemp("shown")) as found:
        yield found


def furnished(server: Any, folder: Path) -> Shown:
    """Make what a day does not leave by itself, by REST, by pages and as a device."""
    network = _second_version(server)
    names = {
        "pod_id": OWN_POD,
        "network_id": network,
        "run_id": _doubtful_estimate(server),
        "job_id": _outage_study(server),
        "open_session": server.session_id(OPEN),
        "open_service": _asked(server),
    }
    sessions = server.get("MO", "/api/marketSession")["sessions"]
    names["session_id"] = next(each["id"] for each in sessions if each["status"] == "settled")
    path = f"/api/marketSession/{names['session_id']}/services"
    services = server.get("MO", path)["flexibilityServices"]
    names["service_id"] = next(
        each["playerServiceId"]
        for each in services
        if each["serviceType"] == "offer" and OWN_POD in each["flexibility"][0]["pod"]
    )
    readings = server.get("MDA", "/api/scd/measurements")["measurements"]
    names["reading"] = next(
        each["certificationId"] for each in readings if each["podId"] == OWN_POD
    )
    with ThreadPoolExecutor(1) as beside:  # a browser's loop may run in this thread
        beside.submit(asyncio.run, _refused_message(server, folder)).result()
    return Shown(server, names | _by_pages(server))


def _second_version(server: Any) -> str:
    network = json.loads(_NETWORK.read_bytes())
    network["lines"][1] |= {"limitA": 230.0, "name": "Laid anew"}
    network["version"] = "2"
    path = f"/api/dso/networks/{network['id']}"
    assert server.call("DSO", "PUT", path, network).status_code == 201
    return str(network["id"])


def _doubtful_estimate(server: Any) -> str:
    """An estimate of meters that agree, and of a voltage that fits none of the others."""
    network = json.loads(_NETWORK.read_bytes())
    buses = [(each["id"], each["nominalKv"]) for each in network["buses"][:4]]
    measured = [
        {"kind": "voltage", "id": f"v-{bus}", "bus": bus, "voltageKv": kv, "stdKv": kv / 500}
        for bus, kv in buses
    ]
    measured[-1]["voltageKv"] *= 1.05
    asked = {"timestamp": _AT, "gather": ["meter"], "measurements": measured}
    run = server.call(
        "DSO", "POST", "/api/dso/stateEstimation", asked, headers=PATIENTLY, timeout=90
    )
    assert run.status_code == 201, run.text
    return str(run.json()["id"])


def _outage_study(server: Any) -> str:
    """The calculation of what fails with each line, over the day of the trade."""
    later = {"Prefer": "respond-async"}
    path, asked = "/api/dso/outages", {"startTime": _AT}
    job = server.call("DSO", "POST", path, asked, headers=later)
    assert job.status_code == 202, job.text
    name = str(job.json()["id"])
    server.wait(lambda: server.get("DSO", f"/api/dso/jobs/{name}")["state"] == "done")
    return name


def _asked(server: Any) -> str:
    """A request of the DSO that stands in the open session, for a day with a baseline."""
    series = [{"podId": OWN_POD, "startTime": OPEN["startTime"], "values": [400.0] * 96}]
    told = server.call("ACEAE", "POST", "/api/scd/baselines", {"series": series}).json()
    assert [each["status"] for each in told["results"]] == ["accepted"], told
    point = {"index": 50, "p": -40, "pPrice": 0.1}
    request = {
        "playerId": "DSO",
        "serviceType": "DSO_request",
        "playerServiceId": "evening-peak",
        "flexibility": [{"pod": [OWN_POD], "power": [point]}],
        **OPEN,
    }
    path = "/api/flexibilityService"  # the market learns of the baseline a moment later
    server.wait(lambda: server.call("DSO", "POST", path, request).status_code < 300)
    return "evening-peak"


async def _refused_message(server: Any, folder: Path) -> None:
    """A device of a further point of delivery, whose message cannot be read."""
    further = {"podId": _FURTHER_POD, "aggregatorId": "ACEAE", "pnP": 500}
    told = server.call("ACEAE", "POST", "/api/scd/pods", {"pods": [further]})
    assert told.status_code == 200, told.text
    path = "/api/access/devices"  # the access layer learns of it a moment later
    asked = {"device": "0x" + "0" * 40, "podId": _FURTHER_POD, "csr": "none"}
    server.wait(lambda: server.call("ACEAE", "POST", path, asked).status_code != 404)
    device = Device(server, _FURTHER_POD, folder / "device")
    await device.send(b"garbage")


def _by_pages(server: Any) -> dict[str, str]:
    """A bill, terms that wait for an answer, a dispute, and an invitation."""
    visits = {name: Visit(server.base_url, server.data) for name in ("MO", "ACEAE", "CUSTOMER-1")}
    try:
        for name, visit in visits.items():
            visit.sign_in(name)
        visits["MO"].send("/money", "/money/invoices", month="2021-06")
        terms = {"pod": OWN_POD, "share": "85", "penalty": "0.02", "least": "0", "full": "0"}
        on = "/money/agreements"
        assert visits["ACEAE"].send(on, on, **terms).status_code == 303
        home = visits["CUSTOMER-1"]
        statement = home.get("/money/statement?month=2021-06&role=customer").text
        (link,) = re.findall(r'href="(/money/disputes\?line=[^"]+)"', statement)
        form = home.get(html.unescape(link)).text
        line = html.unescape(re.findall(r'name="line" [^>]*value="([^"]+)"', form)[0])
        told = {"line": line, "reason": "measurement", "text": "The meter stood still that noon."}
        told["id"] = re.findall(r'name="id" value="([^"]+)"', form)[0]
        assert home.send("/money/disputes", "/money/disputes", **told).status_code == 303
        role = {"role-MarketOperator": "on"}
        invited = visits["MO"].send("/people", "/people/invite", party="MO", **role).text
        (token,) = re.findall(r"/oauth2/join\?invitation=([\w-]+)", invited)
    finally:
        for each in visits.values():
            each.close()
    own = server.get("CUSTOMER-1", "/api/books/invoices")["invoices"]
    (dispute,) = server.get("MO", "/api/settlementDispute")["disputes"]
    return {
        "number": str(own[0]["number"]),
        "dispute_id": str(dispute["id"]),
        "invitation": token,
        "line": line,
    }
