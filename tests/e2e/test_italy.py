import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from platone import bootstrap

FILES = [
    "requests.json",
    "offers.json",
    "market-outcome.json",
    "technical-outcome.json",
    "validated-outcome.json",
    "setpoints.json",
    "settlement.json",
    "alarms.json",
    "comparison.json",
    "index.html",
]


def power(outcome: Any, pod: str) -> Any:
    (part,) = [each for each in outcome["flexibility"] if each["pod"] == pod]
    (found,) = [each for each in part["power"] if each["playerRequestId"] is not None]
    return found


def test_the_day_ends_well(italy: Any) -> None:
    assert italy.code == 0, italy.printed
    for name in FILES:
        assert (italy.out / name).stat().st_size > 50
    assert italy.read("comparison.json")["isMet"] is True


def test_the_golden_figures_come_out(italy: Any) -> None:
    """D3.6 chapter 4; written here anew, so that the scenario's own list may be wrong."""
    dso, tso = [
        next(each for each in italy.read("requests.json")["requests"] if each["playerId"] == who)
        for who in ("DSO", "TSO")
    ]
    (asked,) = dso["flexibility"]
    assert sorted(asked["pod"]) == ["IT002E60974469", "IT002E60976796", "IT002E61899978"]
    assert [point["index"] for point in asked["power"]] == [50]
    assert asked["power"][0]["p"] == pytest.approx(5771.039299061133, abs=0.01)
    assert tso["flexibility"][0]["power"][0]["p"] == 7500
    market, final = italy.read("market-outcome.json"), italy.read("validated-outcome.json")
    for pod, sold, price, who in (
        ("IT002E61899978", 1278.545, 0.03, "DSO"),
        ("IT002E60974469", 4180.349299061132, 0.03, "DSO"),
        ("IT002E60550189", 342.128, 0.07, "TSO"),
    ):
        trade = power(market, pod)
        assert trade["acceptedPValue"] == pytest.approx(sold, abs=0.01)
        assert trade["acceptedPPrice"] == pytest.approx(price, abs=1e-6)
        assert trade["playerRequestId"] == who
    assert power(market, "IT002E60550189")["acceptedPValue"] == pytest.approx(342.128, abs=1e-6)
    assert power(final, "IT002E60550189")["acceptedPValue"] == pytest.approx(207.66209, abs=0.01)
    alarms = {each["element"]: each for each in italy.read("alarms.json")["alarms"]}
    for element, estimated, allowed in (
        ("line/81823-AD001090035", 259.54, 212.80),
        ("line/12157-12149", 30.07, 19.60),
    ):
        assert alarms[element]["value"] == pytest.approx(estimated, abs=0.01)
        assert alarms[element]["limit"] == pytest.approx(allowed, abs=1e-9)


def test_every_quarter_hour_was_measured_and_says_that_it_is_simulated(italy: Any) -> None:
    measurements = italy.read("measurements.json")["measurements"]
    assert len({(each["podId"], each["startTime"]) for each in measurements}) == 5 * 96
    assert {each["quality"] for each in measurements} == {"simulated"}


def test_tokens_and_settlement_agree(italy: Any) -> None:
    """UFTP's rule by hand: 93 % of 94.185 kWh delivered by the plant that lags."""
    settlement = italy.read("settlement.json")
    paid = {part["pod"]: part["power"][0] for part in settlement["flexibility"]}
    wallets = {
        each["pod"]: float(each["balance"]) for each in italy.read("wallets.json")["wallets"]
    }
    for pod, delivered_kwh, missing_kwh, price in (
        ("IT002E61899978", 250.0, 0.0, 0.03),
        ("IT002E60974469", 87.5923, 6.5929, 0.03),
        ("IT002E60550189", 34.3205, 0.0, 0.07),
    ):
        assert paid[pod]["paidP"] == pytest.approx(delivered_kwh * price, abs=2e-4)
        assert paid[pod]["penaltyP"] == pytest.approx(missing_kwh * 0.05, abs=2e-4)
        net = delivered_kwh * price - missing_kwh * 0.05
        assert wallets[pod] == pytest.approx(0.8 * net, abs=2e-4)
    assert wallets["IT002E60976796"] == wallets["IT002E60499620"] == 0


def test_the_settlement_is_made_again_from_its_recording(italy: Any) -> None:
    again = bootstrap.settle_file((italy.out / "settlement-recording.json").read_bytes())
    assert json.loads(again) == italy.read("settlement.json")


def test_proofs_verify_and_a_changed_byte_does_not(italy: Any, tmp_path: Path) -> None:
    proofs = sorted((italy.out / "proofs").glob("*.json"))
    kinds = {proof.stem.partition("-IT")[0] for proof in proofs}
    assert {"market-outcome", "reading", "settlement"} <= kinds
    assert all(bootstrap.verify_file(proof.read_bytes()).is_valid for proof in proofs)
    text = proofs[0].read_text()
    place = text.index('"root":"0x') + len('"root":"0x') + 3
    broken = tmp_path / "broken.json"
    broken.write_text(text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1 :])
    assert platone("verify", str(broken)) != 0


def shown(file: Path) -> str:
    """What `platone verify` prints of a proof that holds."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "platone", "verify", str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("pod", "reference_kw"),
    [
        ("IT002E60550189", "70.38"),
        ("IT002E60974469", "4557.09"),
        ("IT002E61899978", "2278.545"),
    ],
)
def test_verifying_shows_the_value_of_the_quarter_hour_that_is_proven(
    italy: Any, pod: str, reference_kw: str
) -> None:
    """Of 12:30 in Rome: what the meter wrote, what the settlement says, and D3.6's baseline."""
    proofs = italy.out / "proofs"
    signed = json.loads(json.loads((proofs / f"reading-{pod}-50.json").read_text())["content"])
    (wh,) = [
        each["energyWh"]
        for each in json.loads(signed["payload"])["readings"]
        if each["startTime"] == "2021-06-23T10:30:00Z"
    ]
    measured_kwh = Decimal(wh) / 1000
    assert measured_kwh == Decimal(str(power_paid(italy, pod)["measuredP"])) / 4
    (told,) = re.findall(
        rf"{pod}, 15 minutes from 2021-06-23T10:30:00\+00:00: (\S+) kWh withdrawn",
        shown(proofs / f"reading-{pod}-50.json"),
    )
    assert Decimal(told) == measured_kwh
    reference, measured = re.findall(
        r"reference (\S+) kWh, ordered change \S+ kWh, measured (\S+) kWh",
        shown(proofs / f"settlement-{pod}-50.json"),
    )[0]
    assert (Decimal(reference), Decimal(measured)) == (Decimal(reference_kw) / 4, measured_kwh)


def power_paid(italy: Any, pod: str) -> Any:
    lines = {each["pod"]: each["power"] for each in italy.read("settlement.json")["flexibility"]}
    (line,) = lines[pod]
    return line


def test_anyone_can_clear_the_session_again(italy: Any) -> None:
    again = bootstrap.clear_file((italy.out / "session.json").read_bytes())
    assert json.loads(again) == italy.read("market-outcome.json")


def platone(*arguments: str) -> int:
    command = [sys.executable, "-m", "platone", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60)  # noqa: S603
    return done.returncode
