"""One demonstration day after another: one data folder, one folder of Light Nodes."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
FIRST = datetime(2021, 6, 22, 8, 30, tzinfo=UTC)


def scenario_of(on: date, folder: Path, offers: str) -> Path:
    """Return the scenario of a later day: the same plants, other offers."""
    scenario = Path(shutil.copytree(ITALY, folder / str(on)))
    (scenario / "expected.json").unlink()
    (scenario / "offers.csv").write_text("pod_id,index,change_kw,price_eur_per_kwh\n" + offers)
    file = scenario / "scenario.toml"
    text = file.read_text().replace("2021-06-23", str(on))
    file.write_text(text.replace("2021-06-22T", f"{on - timedelta(days=1)}T"))
    return scenario


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_two_days_on_one_data_folder(
    tmp_path: Path, server_at: Callable[[datetime], Any], demonstrate: Callable[..., Any]
) -> None:
    """The day that follows at once is over for the market, which is said; the next one is run."""
    server = server_at(FIRST)
    out = tmp_path / "out"

    def there(at: Any) -> tuple[str, ...]:
        return ("--server", at.base_url, "--credentials", str(at.data / "credentials.json"))

    first = demonstrate(out, *there(server))
    assert first.code == 0, first.printed
    assert len(first.read("settlement.json")["flexibility"]) == 3

    one_offer = "IT002E60974469,50,-500,0.03\n"
    too_late = scenario_of(date(2021, 6, 24), tmp_path, one_offer)
    late = demonstrate(out, "--scenario", str(too_late), *there(server))
    assert late.code == 1
    assert "the gate of 2021-06-24 closed at 2021-06-23T13:30:00Z" in late.printed
    assert "market_day = 2021-06-25" in late.printed

    server.close()
    again = type(server)(server.data, FIRST)
    try:
        scenario = scenario_of(date(2021, 6, 25), tmp_path, one_offer)
        second = demonstrate(out, "--scenario", str(scenario), *there(again))
        assert second.code == 0, second.printed
        settled = second.read("settlement.json")
        assert settled["startTime"] == "2021-06-24T22:00:00Z"
        (part,) = settled["flexibility"]
        assert part["pod"] == "IT002E60974469"
        (line,) = part["power"]  # the plant follows its setpoint to 93 %
        delivered = (line["measuredP"] - line["baselineP"]) / line["changeP"]
        assert delivered == pytest.approx(0.93, abs=0.001)
        proofs = [Path(each["file"]).name for each in second.read("proofs.json")["proofs"]]
        assert names(out / "proofs") == sorted(proofs), "those of the first day are gone"
        sessions = again.get("MO", "/api/marketSession?marketType=dayAhead")["sessions"]
        days = {each["startTime"]: each["status"] for each in sessions}
        assert days["2021-06-22T22:00:00Z"] == days["2021-06-24T22:00:00Z"] == "settled"
        assert days["2021-06-23T22:00:00Z"] == "notTraded"
    finally:
        again.close()
