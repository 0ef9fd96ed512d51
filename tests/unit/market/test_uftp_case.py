"""The published case of UFTP through `platone market settle`, to the cent.

Shapeshifter: baseline 10, ordered 2 less, price 7, penalty 11; actual 7 to 11 gives 14, 14, -4,
-22 and -33. A quarter-hour of 40 kW is 10 kWh.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from platone.cli.market import app

PUBLISHED = {7: 14, 8: 14, 9: -4, 10: -22, 11: -33}
START = datetime(2021, 6, 22, 22, tzinfo=UTC)
POD = "IT001E00000077"


def _service(player: str, kind: str) -> dict[str, Any]:
    power = [{"index": index, "p": 32.0, "pPrice": 7.0} for index in range(5)]
    return {
        "playerId": player,
        "serviceType": kind,
        "playerServiceId": f"{player}-1",
        "flexibility": [{"pod": [POD], "power": power}],
    }


def _reading(index: int, kwh: int) -> dict[str, Any]:
    start = START + timedelta(minutes=15 * index)
    return {
        "podId": POD,
        "startTime": start.isoformat(),
        "durationMinutes": 15,
        "energyWh": 1000 * kwh,
        "quality": "measured",
        "device": "0x" + "ab" * 20,
        "sequence": index,
        "certificationId": f"reading-{index}",
        "certificationHash": "0" * 64,
        "receivedAt": start.isoformat(),
    }


def test_the_published_case(tmp_path: Path) -> None:
    recording = {
        "session": {"marketType": "dayAhead", "startTime": START.isoformat(), "duration": 24},
        "pods": [{"podId": POD, "aggregatorId": "AGG", "powerBaseline": [40.0] * 96}],
        "flexibilityServices": [_service("DSO", "DSO_request"), _service("AGG", "offer")],
        "measurements": [_reading(index, kwh) for index, kwh in enumerate(PUBLISHED)],
        "agreements": [
            {
                "pod": POD,
                "aggregatorId": "AGG",
                "customerSharePpm": 0,
                "penaltyPrice": 11_000_000,
            }
        ],
    }
    file = tmp_path / "session.json"
    file.write_text(json.dumps(recording))
    ran = CliRunner().invoke(app, ["settle", str(file)])
    assert ran.exit_code == 0, ran.output
    ((pod),) = json.loads(ran.stdout)["flexibility"]
    nets = [line["paidP"] - line["penaltyP"] for line in pod["power"]]
    assert nets == list(PUBLISHED.values())
    assert CliRunner().invoke(app, ["settle", str(file)]).stdout == ran.stdout
