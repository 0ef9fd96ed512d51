"""The languages' files: complete, alike in what they fill in, and right where rules can tell."""

# ruff: noqa: RUF001 - Greek letters are what it is about
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

import pytest

from platone.infra.page.language import LANGUAGES, sentences

ROOMS = {
    "platone.dashboard": "language",
    "platone.identity": "language",
    "platone.infra.page": "word",
}
"""The packages that have files of languages, and the folders in which these stand."""
OTHERS = [each for each in LANGUAGES if each != "en"]
GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")
LATIN = re.compile(r"[A-Za-z]")
LATIN_IN_GREEK = """token Token CSV JSON PDF PIN PoD QR REST SHA ZIP e mail kW kWh kvar
    platone verify proof json"""
"""What Greeks write in Latin letters: units, names of forms of files, and commands."""
NUMBERS = "share|rest|least|full|net|ordered|delivered|penalty|price|paid|tokens|count|missing"
QUOTED = re.compile(r"[\u201c\u201e\u00ab]([^\u201d\u201c\u00bb]+)[\u201d\u201c\u00bb]")
"""What a sentence quotes: the name of a button or of a link."""
OTHER_REGISTER = {
    "de": r"\b(du|dich|dir|dein\w*|euch|euer|eure\w*)\b",
    "it": r"\b(voi|vostr[aoie]|(?<![.:?!] )(?<!^)(Lei|La|Le|Suo|Sua|Suoi|Sue|Vi))\b",
    "el": r"\b(εσύ|εσένα|σου)\b",
}
"""The form of address that a language's pages do not take: they say Sie, tu and εσείς."""
VOWELS = "αεηιουω"
TWO_AS_ONE = re.compile("αι|ει|οι|υι|ου|αυ|ευ|ηυ")
UNSTRESSED = """που πως για και σας τους των της στη στο στον στην μια πια δυο
    ποια ποιες ποιο ποιον ποιος ποιοι γεια πιο μιας"""
"""Words of two written vowels and one syllable, which have no accent."""


def texts(room: str, language: str) -> Mapping[str, str]:
    file = resources.files(room).joinpath(ROOMS[room], f"{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def said(language: str) -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        yield from texts(room, language).items()


def filled(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", OTHERS)
def test_every_text_has_its_translation(room: str, language: str) -> None:
    english, own = texts(room, "en"), texts(room, language)
    assert set(own) == set(english)
    assert {name for name, text in own.items() if not text.strip()} == set()
    differs = {name for name, text in own.items() if filled(text) != filled(english[name])}
    assert differs == set()
    assert sentences("platone.dashboard", "xx") == texts("platone.dashboard", "en")
    lists = [name for name in own if name.startswith(("weekdays", "months"))]
    assert all(len(own[name].split()) == len(english[name].split()) for name in lists)


def test_greek_has_no_letters_that_only_look_greek() -> None:
    words = {
        word
        for _, text in said("el")
        for word in re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", " ", text))
        if LATIN.search(word)
    }
    assert words - set(LATIN_IN_GREEK.split()) == set()


def syllables(word: str) -> int:
    bare = "".join(
        each for each in unicodedata.normalize("NFD", word) if not unicodedata.combining(each)
    )
    return len(re.findall(f"[{VOWELS}]", TWO_AS_ONE.sub("α", bare)))


def test_greek_words_have_their_accents() -> None:
    bare = set()
    for name, text in said("el"):
        if name.startswith("months_short"):
            continue
        for word in re.findall(r"[^\W\d_]+", re.sub(r"\{\w+\}", " ", text)):
            marks = unicodedata.normalize("NFD", word)
            if not word.isupper() and syllables(word.lower()) > 1 and "\u0301" not in marks:
                bare.add(word)
    assert {each for each in bare if each.lower() not in UNSTRESSED.split()} == {"ΦοΣΕ"}


@pytest.mark.parametrize("language", OTHER_REGISTER)
def test_a_language_keeps_to_one_form_of_address(language: str) -> None:
    wrong = {n: t for n, t in said(language) if re.search(OTHER_REGISTER[language], t)}
    assert wrong == {}


def test_italian_has_no_article_before_a_number_or_a_day() -> None:
    """It would be l'80 %, il 20 %, gli 8 kWh, la domenica: it hangs on what is filled in."""
    article = r"(il|lo|la|i|gli|le|[adns]\w{0,3}l|[adns]e\w?gli|[adns]\w?ei|[adns]ai|sui)"
    before = re.compile(rf"\b{article} \{{(?:{NUMBERS}|at|day)\}}", re.IGNORECASE)
    assert {n: t for n, t in texts("platone.dashboard", "it").items() if before.search(t)} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_sentence_quotes_stands_on_a_button(language: str) -> None:
    names = set(texts("platone.dashboard", language).values())
    quoted = {
        each
        for _, text in said(language)
        for each in QUOTED.findall(text)
        if not each.startswith("{")
    }
    assert quoted
    assert quoted - names == set()


FORMS = (
    "DELETE /api/identity/signIns/{sign_in_id}",
    "POST /api/identity/passkeys",
    "POST /api/identity/passkeys/question",
    "DELETE /api/identity/passkeys/{passkey_id}",
    "POST /api/identity/secondFactor/question",
    "POST /api/identity/secondFactor/recoveryCodes",
    "DELETE /api/identity/secondFactor",
    "DELETE /api/identity/people/{name}",
    "POST /api/identity/invitations",
    "DELETE /api/identity/invitations/{invitation_id}",
    "POST /api/scd/erasures",
    "GET /api/scd/erasures/{erasure_id}",
    "POST /api/settlementDispute",
    "GET /api/settlementDispute/{dispute_id}",
    "POST /api/settlementDispute/{dispute_id}/answer",
    "POST /api/settlementDispute/{dispute_id}/closing",
    "POST /api/contracts/agreementProposals/{number}/acceptance",
    "POST /api/contracts/agreementProposals/{number}/refusal",
    "GET /api/certification/proof/{identifier}",
    "GET /api/books/statements/{month}",
    "GET /api/books/invoices/{number}",
)
"""What the household's pages call in its name, where it may be refused by what it did itself."""
NOT_BY_PAGES = {
    "duplicate-identifier",  # pages number what they send themselves
    "malformed-message",  # likewise: they write the message
    "identifier-ambiguous",  # of other roles, which see records of several owners
    "party-unknown",  # pages name the household's own
    "party-of-its-own",
    "role-not-of-party",
    "not-owner",
}
"""Refusals that no page of a household meets, and why."""


def test_what_a_household_is_refused_is_told_in_words() -> None:
    file = resources.files("platone.bootstrap").joinpath("route_problem.toml")
    problems: Any = tomllib.loads(file.read_text("utf-8"))
    known = texts("platone.dashboard", "en")
    told = {name.removeprefix("problem_") for name in known if name.startswith("problem_")}
    met = {slug for route in FORMS for slug in problems[route]} - NOT_BY_PAGES
    assert met - told == set()
