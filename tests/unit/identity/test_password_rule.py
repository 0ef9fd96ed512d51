"""Passwords and names at the edges of what is taken."""

import pytest

from platone.identity.domain.person import check_name, check_password
from platone.identity.domain.problem import PasswordTooShort, PersonNameInvalid


@pytest.mark.parametrize(
    "password",
    [
        "abcdefghijkl",  # twelve
        "abcd" * 64,  # 256
        "abcdabcdabcd",  # four different characters
        "anna-anna-wrote",
        "anna-Anna-anna",
    ],
)
def test_a_sentence_is_a_password(password: str) -> None:
    check_password("anna", password)


@pytest.mark.parametrize(
    "password",
    [
        "abcdefghijk",  # eleven
        "abcd" * 64 + "e",  # 257
        "",
        "abcabcabcabc",  # three different characters
        "aaaaaaaaaaaaaaaa",
        "margheritaMARGHERITA",  # the name, twice
        "heritamargheritamarg",
        "Margherita" * 20,
    ],
)
def test_a_short_a_monotonous_and_the_own_name_are_none(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        check_password("Margherita", password)


@pytest.mark.parametrize("times", [3, 20, 21, 64])
def test_a_name_is_no_password_however_often_it_is_said(times: int) -> None:
    """A password has at most 256 characters, 64 times those of this name."""
    with pytest.raises(PasswordTooShort, match="repeats a few characters, or the name"):
        check_password("Bert", "bert" * times)


def test_what_is_wrong_is_told_with_the_length() -> None:
    with pytest.raises(PasswordTooShort, match="has 12 to 256 characters, this one has 11"):
        check_password("anna", "abcdefghijk")
    with pytest.raises(PasswordTooShort, match="repeats a few characters"):
        check_password("anna", "abcabcabcabc")


@pytest.mark.parametrize("name", ["a", "0", "a" * 100, "anna@example.org", "A_b-c.9"])
def test_a_name_can_be_typed(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "a" * 101, ".a", "-a", "@a", "a b", "a/b", "é", "a\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(PersonNameInvalid, match="is no name to sign in by"):
        check_name(name)
