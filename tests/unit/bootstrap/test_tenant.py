import pytest

from platone.bootstrap.tenant import tenants
from platone.market.domain.rules import MarketRules
from platone.settings import SettingInvalid, Settings

KNOWN = ("ACEAE", "ACEAE_2", "MO")


def test_the_aggregators_of_a_server_are_those_of_its_setting() -> None:
    assert tenants(Settings(), KNOWN) == ["ACEAE", "ACEAE_2"]
    assert tenants(Settings(aggregators=" ACEAE_2 ,"), KNOWN) == ["ACEAE_2"]
    assert tenants(Settings(aggregators=""), KNOWN) == []
    with pytest.raises(SettingInvalid, match="no party NOBODY"):
        tenants(Settings(aggregators="ACEAE,NOBODY"), KNOWN)


def test_the_market_calls_those_platforms_and_no_others() -> None:
    assert MarketRules().calls_platform("ACEAE")
    some = MarketRules(served_here=frozenset({"ACEAE_2"}))
    assert [some.calls_platform(party) for party in ("ACEAE", "ACEAE_2")] == [False, True]
