"""A command on a data folder counts as the folder's server was started, unless it is told else."""

import stat
from pathlib import Path

import pytest

from platone.bootstrap.kept_setting import KEPT_FILE, remember_settings, settings_of_folder
from platone.bootstrap.problem import ServerFailed
from platone.settings import SettingInvalid, Settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a server in Athens, with a chain of its own."""
    remember_settings(Settings(data=tmp_path, zone="Europe/Athens", chain_id=7_001))
    return tmp_path


def told(config: Path | None, data: Path | None) -> tuple[str, int]:
    found = settings_of_folder(config, data)
    return found.zone, found.chain_id


def test_what_nobody_says_is_as_the_server_was_started(folder: Path) -> None:
    assert told(None, folder) == ("Europe/Athens", 7_001)
    assert stat.S_IMODE((folder / KEPT_FILE).stat().st_mode) == 0o600
    remember_settings(Settings(data=folder, zone="Europe/Lisbon", chain_id=7_001))
    assert told(None, folder) == ("Europe/Lisbon", 7_001)


def test_a_settings_file_and_the_environment_say_it_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = folder / "server.toml"
    config.write_text(f'data = "{folder}"\nzone = "Europe/Rome"\n')
    assert told(config, None) == ("Europe/Rome", 7_001)
    monkeypatch.setenv("PLATONE_CHAIN_ID", "864300")
    assert told(config, None) == ("Europe/Rome", 864_300)
    assert told(None, folder) == ("Europe/Athens", 864_300)


def test_a_folder_that_remembers_nothing_is_of_the_defaults(tmp_path: Path) -> None:
    assert told(None, tmp_path) == (Settings().zone, Settings().chain_id)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_says_nothing_of_the_kind_is_named(folder: Path) -> None:
    (folder / KEPT_FILE).write_text("{")
    with pytest.raises(ServerFailed, match=KEPT_FILE):
        settings_of_folder(None, folder)
    (folder / KEPT_FILE).write_text('{"zone": "Europe/Atlantis", "chainId": 1}')
    with pytest.raises(SettingInvalid, match="Atlantis"):
        settings_of_folder(None, folder)
