"""Who runs a server, and what is at home on it where nothing else is said."""

import pytest

from platone.identity.domain.party import FIRST_PARTIES, Household


@pytest.mark.parametrize(
    ("residents", "administrator"),
    [(("AGG", "MO"), "AGG"), (("DSO",), "DSO"), ((), "")],
)
def test_the_first_party_whose_systems_run_there_runs_the_server(
    residents: tuple[str, ...], administrator: str
) -> None:
    assert Household(residents=residents).administrator == administrator


def test_a_server_of_its_own_has_all_first_parties_and_no_partner() -> None:
    alone = Household()
    assert alone.administrator == "MO"
    assert list(alone.parties) == list(FIRST_PARTIES)
    assert not alone.is_partner("https://elsewhere.example")
    assert not alone.elsewhere()
