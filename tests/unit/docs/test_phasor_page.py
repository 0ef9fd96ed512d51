"""The page on phasor power says what the program does."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from platone.dso.domain.problem import PhasorInFuture
from platone.grid.phasor.component import DeviceRule
from platone.grid.phasor.power import measure, power_message
from platone.grid.problem import phasor as problems
from platone.infra.mqtt.acl import Action, allowed
from platone.kernel.errors import problem_types
from platone.messages.phasor import AngleUnit, Measurand, PhasorDevice
from platone.settings import SettingInvalid, load_settings

PAGE = "phasor-power.md"
DEVICE, OTHER = "0x" + "ab" * 20, "0x" + "cd" * 20


@pytest.mark.parametrize("action", list(Action))
def test_topics_of_the_databus(rows: Any, action: Action) -> None:
    names = {"the device": DEVICE, "access layer": "access", "DSO": "dso"}
    topics = [row for row in rows(PAGE) if "/{" in row[0]]
    assert len(topics) == 4
    for topic, publisher, listener, _ in topics:
        place = topic.strip("`").format(device=DEVICE, place="pmu/x")
        told = publisher if action is Action.PUBLISH else listener
        right = {names[name] for name in told.split(", ")}
        for identity in (DEVICE, OTHER, "access", "dso", "market", ""):
            assert allowed(identity, place, action) == (identity in right), (topic, identity)


def test_measurands_and_problems(rows: Any) -> None:
    named = [row[0].strip("`") for row in rows(PAGE)]
    assert [name for name in named if name in set(Measurand)] == list(Measurand)
    kinds = [kind for kind in problem_types() if kind.__module__ == problems.__name__]
    slugs = {kind.slug for kind in kinds} | {PhasorInFuture.slug}
    assert len(slugs) == 7
    assert slugs | {"malformed-message"} <= set(named)


def test_the_example_gives_what_is_told(block: Any, docs: Path) -> None:
    raw = block(f"reference/{PAGE}", "json message").encode()
    message = power_message(measure(raw, DeviceRule()))
    assert message is not None
    told = re.search(
        r"gives ([\d.]+) W, ([\d.]+) var and ([\d.]+) VA", (docs / "reference" / PAGE).read_text()
    )
    assert told is not None
    assert [round(it.data, 2) for it in message.readings] == [float(it) for it in told.groups()]
    wanted = block(f"reference/{PAGE}", "json device").encode()
    assert msgspec.json.decode(wanted, type=PhasorDevice).voltage_of["line/4"] == "bus/1"


def test_the_unit_of_angles_is_a_setting() -> None:
    assert load_settings().phasor_angle_unit is AngleUnit.DEGREE
    assert load_settings(phasor_angle_unit="radian").phasor_angle_unit is AngleUnit.RADIAN
    with pytest.raises(SettingInvalid, match="phasor_angle_unit"):
        load_settings(phasor_angle_unit="gon")


def test_the_notebook_s_lines_run(
    block: Callable[[str, str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    example = json.loads(block(f"reference/{PAGE}", "json message"))
    (tmp_path / "pmu.jsonl").write_text(json.dumps(example) + "\n")
    monkeypatch.chdir(tmp_path)
    exec(block(f"reference/{PAGE}", "python"), {})  # noqa: S102 - our own page
    printed = capsys.readouterr().out
    assert "1 The power of line/3 is not known in all phases" in printed
    assert "2020-05-20T10:27:57.980802" in printed
