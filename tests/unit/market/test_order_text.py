"""A message that is written in pieces has the canonical JSON that it has as a whole."""

from datetime import datetime

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.market.test_order_columns import MESSAGES

from platone.kernel.canonical import canonical_json, content_hash
from platone.market.domain.order_text import write_order
from platone.messages.base import MarketType
from platone.messages.market import AskedGroup, FlexibilityService, RecordedService

ASKED = st.lists(
    st.builds(AskedGroup, pods=st.just(("POD1",)), needs_kw=st.just((1.5, 2.0))), max_size=2
)


@given(
    MESSAGES,
    ASKED,
    st.datetimes(timezones=st.timezones()).filter(lambda at: at.year >= 2000),
    st.sampled_from([None, *MarketType]),
    st.text(max_size=20) | st.just('"flexibility":[]'),
    st.sampled_from([1, 2, 300]),
)
@settings(max_examples=150, deadline=None)
def test_pieces_make_the_whole(
    service: FlexibilityService,
    asked: list[AskedGroup],
    at: datetime,
    market: MarketType | None,
    name: str,
    revision: int,
) -> None:
    named = msgspec.structs.replace(
        service, player_service_id=name, market_type=market, revision=revision
    )
    text = write_order(named)
    assert text.digest == content_hash(named)
    recorded = RecordedService(**msgspec.structs.asdict(named), submitted_at=at, asked=tuple(asked))
    assert text.recorded(recorded) == canonical_json(recorded)
