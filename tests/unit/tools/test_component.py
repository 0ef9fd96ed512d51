"""The tool that fetches programs for the tests: what could not be had is not tried by each test."""

import platform
from pathlib import Path

import pytest
from tools import component


@pytest.mark.skipif(platform.system() != "Linux", reason="anvil is fetched on Linux only")
def test_what_was_tried_in_vain_is_tried_again_only_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls"
    npm = tmp_path / "npm"
    npm.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexit 1\n')
    npm.chmod(0o755)
    monkeypatch.setattr(component, "FOLDER", tmp_path / "components")
    monkeypatch.setenv("PATH", str(tmp_path))
    for again, tried in ((False, 1), (False, 1), (True, 2), (False, 2)):
        assert component.component("anvil", again=again) is None
        assert len(calls.read_text().splitlines()) == tried


def test_a_program_of_the_machine_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "promtool"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setattr(component, "FOLDER", tmp_path / "components")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert component.component("promtool", again=False) == str(own)
    assert not (tmp_path / "components").exists()
