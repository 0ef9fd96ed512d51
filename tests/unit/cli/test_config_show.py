"""`platone config show`, as whoever runs a server reads it."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from platone.cli import app
from platone.settings import load_settings

FILE = """
port = 9000
host = "::1"
clock = 2021-06-22T08:00:00+02:00
data = "/srv/plåtone \\"x\\""
[clearing]
pricing = "asBid"
[clearing.product]
leastVolumeW = 1000
[retention]
deliveries = 90
"""


def shown(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["config", "show", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def sources(*arguments: str) -> dict[str, tuple[object, str]]:
    told = json.loads(shown("--json", *arguments))
    return {each["name"]: (each["value"], each["source"]) for each in told["settings"]}


def test_each_value_is_told_with_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "platone.toml"
    file.write_text(FILE, "utf-8")
    monkeypatch.setenv("PLATONE_PORT", "9443")
    told = sources("--config", str(file))
    assert told["port"] == (9443, "environment PLATONE_PORT")
    assert told["host"] == ("::1", f"file {file}")
    assert told["zone"] == ("Europe/Rome", "default")
    assert told["clock"] == ("2021-06-22T06:00:00+00:00", f"file {file}")
    lines = shown("--config", str(file)).splitlines()
    assert "port = 9443  # environment PLATONE_PORT" in lines
    assert f'host = "::1"  # file {file}' in lines
    assert 'webhook_hosts = "public"  # default' in lines


def test_what_is_shown_is_a_file_that_gives_the_same_settings(tmp_path: Path) -> None:
    """By Python's own reader of TOML, with every kind of value."""
    first, again = tmp_path / "first.toml", tmp_path / "again.toml"
    first.write_text(FILE, "utf-8")
    text = shown("--config", str(first))
    again.write_text(text, "utf-8")
    assert load_settings(again) == load_settings(first)
    assert tomllib.loads(text)["data"] == '/srv/plåtone "x"'


def test_a_variable_that_is_no_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLATONE_PROT", "1")
    assert "PLATONE_PROT" in json.loads(shown("--json"))["unknownVariables"]
    assert "# PLATONE_PROT is set, and there is no setting of that name" in shown().splitlines()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("\x7f \U00010000 \t\n\"'\\")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30))
def test_any_text_comes_back_from_what_is_shown(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATONE_WEBHOOK_CA", text)
        assert tomllib.loads(shown())["webhook_ca"] == text


@pytest.mark.parametrize(
    ("text", "says"), [("colour = 1", "no setting named colour"), ('port = "x"', "port = 'x'")]
)
def test_a_wrong_setting_fails_with_a_line_that_names_it(
    tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "platone.toml"
    file.write_text(text)
    done = CliRunner().invoke(app, ["config", "show", "--config", str(file)])
    assert done.exit_code == 1
    assert says in str(done.exception)
