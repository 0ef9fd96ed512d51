"""Collects what was said between the parties, and the proofs, into files."""

import shutil

import msgspec

from platone import bootstrap
from platone.demo.italy.day import AUDITOR, OPERATOR, Day, wire_time
from platone.demo.italy.delivery import find_settlement
from platone.messages.market import ServiceType

_REQUESTS = {ServiceType.DSO_REQUEST.value, ServiceType.TSO_REQUEST.value}


class CheckedProof(msgspec.Struct, frozen=True, rename="camel"):
    """A proof file that was written and verified.

    Attributes:
        file: Where it stands, from the output folder.
        about: What it proves, for people.
        is_valid: Whether `platone verify` accepts it.
        says: What the verification says.
    """

    file: str
    about: str
    is_valid: bool
    says: str


async def write_files(day: Day) -> None:
    """Write the day's messages, one file a kind."""
    operator = day.party(OPERATOR)
    session, outcome_id = day.session["id"], day.session["marketOutcome"]
    page = await operator.get(f"/api/marketSession/{session}/services")
    services = page["flexibilityServices"]
    day.write("session.json", await operator.get(f"/api/marketSession/{session}/recording"))
    requests = [each for each in services if each["serviceType"] in _REQUESTS]
    offers = [each for each in services if each["serviceType"] not in _REQUESTS]
    day.write("requests.json", {"requests": requests})
    day.write("offers.json", {"offers": offers})
    day.write("market-outcome.json", await operator.get(f"/api/marketOutcome/{outcome_id}"))
    technical = await operator.find(f"/api/technicalOutcome/{outcome_id}")
    day.write("technical-outcome.json", technical or {"flexibility": []})
    day.write("validated-outcome.json", await operator.get(f"/api/validatedOutcome/{outcome_id}"))
    day.write("settlement.json", await find_settlement(day) or {"flexibility": []})
    recording = await operator.find(f"/api/settlement/{outcome_id}/recording")
    if recording is not None:
        day.write("settlement-recording.json", recording)
    await _write_field(day)


async def _write_field(day: Day) -> None:
    span = {"from": wire_time(day.scenario.start), "to": wire_time(day.scenario.end)}
    auditor = day.party(AUDITOR)
    pods = {plant.pod_id for plant in day.scenario.plants}
    page = (await auditor.get("/api/scd/pods"))["pods"]
    day.write("pods.json", {"pods": [pod for pod in page if pod["podId"] in pods]})
    day.write("setpoints.json", await auditor.get("/api/scd/setpoints", span))
    day.write("measurements.json", await auditor.get("/api/scd/measurements", span))
    wallets = [await auditor.get(f"/api/contracts/transactions/balanceOf/{pod}") for pod in pods]
    day.write("wallets.json", {"wallets": sorted(wallets, key=lambda wallet: wallet["pod"])})


async def write_proofs(day: Day) -> list[CheckedProof]:
    """Fetch proofs of a reading, the outcomes and each settlement line, and verify each."""
    shutil.rmtree(day.out / "proofs", ignore_errors=True)  # those of an earlier day
    checked: list[CheckedProof] = []
    for name, about, identifier in _wanted(day):
        path = f"/api/certification/proof/{identifier}"

        async def probe(sought: str = path) -> bytes | None:
            return await day.party(AUDITOR).fetch(sought)

        proof = await day.wait(f"the proof of {about}", probe)
        file = f"proofs/{name}.json"
        day.write_bytes(file, proof)  # a proof has one form only, to the byte
        verdict = bootstrap.verify_file(proof)
        checked.append(CheckedProof(file, about, verdict.is_valid, verdict.text))
    day.write("proofs.json", {"proofs": checked})
    return checked


def _wanted(day: Day) -> list[tuple[str, str, str]]:
    """Yield each proof's file name, its subject, and the record's identifier."""
    outcome = day.written("market-outcome.json")
    validated = day.written("validated-outcome.json")
    lines = [
        (part["pod"], line)
        for part in day.written("settlement.json")["flexibility"]
        for line in part["power"]
    ]
    found = [
        ("market-outcome", "the market outcome", f"marketOutcome-{outcome['marketOutcome']}"),
        ("validated-outcome", "the validated outcome", validated["certificationId"]),
    ]
    for pod, line in lines:
        name, place = f"{pod}-{line['index']}", f"{pod}, quarter-hour {line['index']}"
        found += [
            (f"reading-{name}", f"the reading of {place}", line["certificationId"]),
            (f"settlement-{name}", f"the settlement line of {place}", line["lineId"]),
        ]
    return [wanted for wanted in found if wanted[2]]
