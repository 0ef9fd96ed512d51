import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

import platone.demo.italy
from platone.demo.scenario_file import ScenarioInvalid, load_scenario

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ITALY, tmp_path / "scenario"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_the_italian_scenario_is_table_6_and_7_of_the_field_test() -> None:
    scenario = load_scenario(ITALY)
    assert scenario.start == datetime(2021, 6, 22, 22, tzinfo=UTC)
    assert scenario.quarter_hours == 96
    at_half_past_twelve = {pod: values[50] for pod, values in scenario.baselines_kw.items()}
    assert at_half_past_twelve == {
        "IT002E61899978": 2278.545,
        "IT002E60976796": 312.145,
        "IT002E60974469": 4557.09,
        "IT002E60499620": 10.092,
        "IT002E60550189": 70.38,
    }
    assert [(offer.pod_id, offer.change_kw) for offer in scenario.offers] == [
        ("IT002E61899978", -1000),
        ("IT002E60974469", -500),
        ("IT002E60550189", 500),
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("pods.csv", ",0.9,0,2000,", ",0.9,0,many,", "pods.csv, line 2: Expected `float`"),
        ("pods.csv", ",0.9,0,2000,", ",0.9,0,nan,", "pods.csv, line 2"),
        ("pods.csv", ",0.9,0,2000,", ",1.9,0,2000,", "$.cos_phi"),
        ("pods.csv", "IT002E60976796,", "IT002E61899978,", "each PoD stands there once"),
        ("pods.csv", "IT002E60499620,Nanchino,", "IT002E60499620,", "line 5: needs 16 values"),
        ("offers.csv", "IT002E60550189", "IT002E00000000", "line 4, pod_id"),
        ("offers.csv", ",50,500", ",96,500", "line 4, index: the last quarter-hour is 95"),
        ("offers.csv", ",50,500", ",50,inf", "offers.csv, line 4"),
        ("baselines.csv", "1408.483", "high", "baselines.csv, line 2, IT002E61899978: 'high'"),
        ("baselines.csv", "1408.483", "1e300", "baselines.csv, line 2, IT002E61899978: Expected"),
        ("baselines.csv", "IT002E60976796", "IT002E61899978", "line 1: a column stands"),
        ("scenario.toml", "Europe/Rome", "Europe/Atlantis", "no time zone 'Europe/Atlantis'"),
        ("scenario.toml", "T08:30:00Z ", "T08:30:00  ", "day.clock_start: needs a zone"),
        ("scenario.toml", "seed = 2021", "seeds = 2021", "unknown field `seeds` - at `$.field`"),
        ("scenario.toml", "[day]", "[day", "scenario.toml:"),
        ("scenario.toml", "2021-06-23\n", "2021-03-28\n", "has 92 quarter-hours in Europe/Rome"),
        ("tso-request.json", '"pom": "CP-IRLANDESE"', '"pod": ["IT01"]', "IT01 is not in pods.csv"),
        ("tso-request.json", '"index": 50', '"index": 96', "the last quarter-hour is 95"),
        ("tso-request.json", "7500", "NaN", "NaN is not a number"),
        ("tso-request.json", '"p": 7500', '"power": 7500', "$.flexibility[0].power[0]"),
        ("network.json", "{", "", "network.json:"),
        ("expected.json", '"title"', '"name"', "expected.json:"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_place(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    edit(folder / file, old, new)
    with pytest.raises(ScenarioInvalid) as refused:
        load_scenario(folder)
    assert file.partition(".")[0] in str(refused.value) or "baselines" in str(refused.value)
    assert said in str(refused.value)


@pytest.mark.parametrize("file", ["pods.csv", "network.json", "scenario.toml", "baselines.csv"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(ScenarioInvalid, match=file.replace(".", r"\.")):
        load_scenario(folder)


def test_expectation_and_tso_may_be_missing(folder: Path) -> None:
    (folder / "expected.json").unlink()
    (folder / "tso-request.json").unlink()
    scenario = load_scenario(folder)
    assert scenario.expected is None
    assert scenario.tso_request is None


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid, match="is not a folder"):
        load_scenario(tmp_path / "nowhere")
