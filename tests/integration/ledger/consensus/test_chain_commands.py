"""The commands by which a consortium is founded, joined and changed, as people type them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from platone.cli import app
from platone.kernel.errors import PlatoneError

PLACE = "0x" + "11" * 20
FROM = ("--from-block", "9", "-o", "c.json")


def typed(*words: str | Path) -> str:
    """Type a command, and return what it says, or why it fails."""
    done = CliRunner().invoke(app, ["chain", *map(str, words)])
    if isinstance(done.exception, PlatoneError):
        return done.exception.detail
    assert done.exit_code in {0, 2}, done.output
    return " ".join(done.output.split())


@pytest.fixture
def founded(tmp_path: Path) -> Path:
    for name in ("mo", "dso", "tso", "agg"):
        typed("init", tmp_path / name, "--name", name.upper(), "--address", f"{name}.example:26656")
    members = [tmp_path / name / "member.json" for name in ("mo", "dso", "tso", "agg")]
    told = typed(
        "found", *members, "--name", "pilot", "--chain-id", "7", "-o", tmp_path / "pilot.json"
    )
    assert "pilot, chain 7, founded by MO, DSO, TSO, AGG founding address 0x" in told
    for name in ("mo", "dso", "tso", "agg"):
        assert "takes part in pilot" in typed("join", tmp_path / name, tmp_path / "pilot.json")
    return tmp_path


def test_keys_lie_with_their_owner_alone(founded: Path) -> None:
    config = founded / "mo" / "cometbft" / "config"
    assert (founded / "mo").stat().st_mode & 0o077 == 0
    for name in ("priv_validator_key.json", "node_key.json"):
        assert (config / name).stat().st_mode & 0o077 == 0
    assert "priv" not in (founded / "mo" / "member.json").read_text()
    again = typed("init", founded / "mo", "--name", "MO", "--address", "mo.example:1")
    assert "holds a member's keys already" in again


def test_a_change_goes_round_until_enough_have_agreed(founded: Path) -> None:
    typed("init", founded / "new", "--name", "NEW", "--address", "new.example:26656")
    change = founded / "change.json"
    told = typed("invite", founded / "mo", founded / "new" / "member.json", "-o", change)
    assert "is change 1" in told
    assert "agreed; 1 more must agree" in typed("agree", founded / "dso", change)
    assert "agreed; 1 more must agree" in typed("agree", founded / "dso", change)
    shown = typed("show", founded / "tso", change)
    assert "Change 1 of pilot: NEW becomes a member. key 0x" in shown
    assert "address new.example:26656 agreed by MO, DSO; 1 more must agree" in shown
    assert "has joined no consortium" in typed("agree", founded / "new", change)
    assert "enough have agreed; hand it over" in typed("agree", founded / "tso", change)
    told = typed("agree", founded / "agg", change, "--rpc", "http://127.0.0.1:1/rpc")
    assert "was not taken" in told
    assert "is change 1" in typed("remove", founded / "mo", "TSO", "-o", founded / "other.json")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("join", "new", "pilot.json"), "holds no member's keys"),
        (("join", "mo", "mo/member.json"), "The file is no consortium"),
        (("invite", "mo", "pilot.json", "-o", "c.json"), "The file is no member"),
        (("remove", "mo", "NOBODY", "-o", "c.json"), "No member is called 'NOBODY'"),
        (("invite", "mo", "dso/member.json", "-o", "c.json"), "Two members have the same name"),
        (("validator", "mo", "--cometbft", "no-such-program"), "CometBFT cannot be run"),
        (("validator", "mo", "--cometbft", "/bin/echo"), "version 'version' of CometBFT"),
        (("validator", "new"), "has joined no consortium"),
        (("validator", "mo", "--rpc", "here"), "is no host and port"),
        (("init", "x", "--name", "X", "--address", "nowhere"), "This is no member"),
        (("upgrade", "mo", "Certification", "0x12", *FROM), "'0x12' is no address"),
        (("upgrade", "mo", "Ledger", PLACE, *FROM), "No contract is called 'Ledger', but Certific"),
        (("upgrade", "mo", "Certification", PLACE, *FROM), "let its validator run first"),
        (("withdraw", "mo", "1", "-o", "c.json"), "Change 1 is no upgrade that stands"),
        (("audit", "--member", "mo"), "let its validator run first"),
        (("show", "new"), "has joined no consortium"),
        (("show", "mo", "pilot.json"), "The file is no change"),
    ],
)
def test_what_does_not_fit_is_told(founded: Path, words: tuple[str, ...], said: str) -> None:
    files = {"mo", "new", "x", "pilot.json", "c.json", "mo/member.json", "dso/member.json"}
    assert said in typed(*(founded / word if word in files else word for word in words))


def test_a_member_reads_who_keeps_the_chain(founded: Path) -> None:
    shown = typed("show", founded / "tso")
    assert "pilot, chain 7, no block is known here founding address 0x" in shown
    assert "member MO, mo.example:26656 member DSO, dso.example:26656" in shown


def test_contracts_that_one_party_could_replace_alone_stay_as_they_are(tmp_path: Path) -> None:
    """A server's data folder: its own chain is one party's, and a network has no members."""
    told = typed("upgrade", tmp_path, "Certification", PLACE, *FROM)
    assert "is no member's folder of a consortium" in told
    assert "no single party changes the rules under what was agreed" in told
