"""A folder of partners is looked through about once a second, however many calls there are."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.bootstrap.partner import list_partners
from platone.infra.http.partner import Partners
from platone.messages.partner import PartnerFile

from .test_partner_file import told, written

URL = "https://market.example:8443"
NAMES = ("one", "two", "three")
PAST_NS = 1_600_000_000 * 10**9
"""Times of change that the tests give to the folder, ns: long ago, so that none is of this tick."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([0.0, 0.25, 0.75, 1.0, 30.0])),
        st.tuples(st.just("put"), st.sampled_from(NAMES)),
        st.tuples(st.just("remove"), st.sampled_from(NAMES)),
        st.tuples(st.just("call"), st.integers(1, 50)),
    ),
    max_size=30,
)

_watched: list[Path] = []
_seen: list[str] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("os.scandir", "os.listdir") and arguments[0] in [str(each) for each in _watched]:
        _seen.append(event)


sys.addaudithook(_hear)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of each partner's file."""
    folder = tmp_path_factory.mktemp("files")
    partners: dict[str, PartnerFile] = {name: told(name, "dso", party=name) for name in NAMES}
    return {name: written(folder / name, each).read_text() for name, each in partners.items()}


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_calls_look_seldom_and_see_what_comes_and_goes_at_once(
    files: dict[str, str], steps: list[tuple[str, Any]]
) -> None:
    with tempfile.TemporaryDirectory() as data:
        folder = Path(data) / "partners"
        folder.mkdir()
        now_s, changes, tried = 0.0, 0, set[str]()
        os.utime(folder, ns=(PAST_NS, PAST_NS))
        partners = Partners(folder, URL, ["market"], lambda: now_s)
        _watched[:], _seen[:] = [folder], []
        try:
            for act, what in steps:
                if act == "wait":
                    now_s += what
                elif act == "call":
                    for _ in range(what):
                        assert {each.told.name for each in partners.all()} == tried
                else:
                    file = folder / f"{what}.toml"
                    if act == "put":
                        file.write_text(files[what])
                        tried.add(what)
                    else:
                        file.unlink(missing_ok=True)
                        tried.discard(what)
                    changes += 1
                    at = PAST_NS + changes * 10**9
                    os.utime(folder, ns=(at, at))
            assert len(_seen) <= 1 + changes + int(now_s)
            assert {each.name for each in list_partners(Path(data))} == tried
        finally:
            _watched.clear()


def test_a_file_written_in_place_is_seen_within_a_second(
    tmp_path: Path, files: dict[str, str]
) -> None:
    now_s = 0.0
    file = tmp_path / "one.toml"
    file.write_text(files["one"])
    os.utime(tmp_path, ns=(PAST_NS, PAST_NS))
    partners = Partners(tmp_path, URL, ["market"], lambda: now_s)
    assert partners.at("https://one.example:8443") is not None
    file.write_text(files["one"].replace("one.example", "other.example"))
    os.utime(tmp_path, ns=(PAST_NS, PAST_NS))
    now_s = 1.0
    assert partners.at("https://one.example:8443") is None
    assert partners.at("https://other.example:8443") is not None


def test_a_file_that_comes_within_the_tick_of_the_last_look_is_seen(
    tmp_path: Path, files: dict[str, str]
) -> None:
    now = tmp_path.stat().st_mtime_ns
    partners = Partners(tmp_path, URL, ["market"], lambda: 0.0)
    file = tmp_path / "one.toml"
    os.utime(tmp_path, ns=(now + 10**9, now + 10**9))  # a clock that is ahead: not settled either
    assert partners.all() == []
    file.write_text(files["one"])
    os.utime(tmp_path, ns=(now + 10**9, now + 10**9))
    assert [each.told.name for each in partners.all()] == ["one"]
