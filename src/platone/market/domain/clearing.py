"""The clearing of a session: which offers serve which requests, and at what price.

Source: the Italian field test (D3.6, 4.3), whose figures these rules reproduce.

1. A request asks for the total power of a group of PoDs. Its need is that total less the sum of
   the group's baselines; negative: consume less. What other requests activate does not count.
2. The DSO's requests are served before the TSO's (:func:`.order_book.list_asks` has the whole
   order). An offer is never sold twice; what is left of it may serve a later request.
3. A request takes the offers of its direction whose price does not pass its limit in merit order
   (:meth:`.offer_book.OfferBook.merit_order`), the last one in part, until its need is met.
4. All its trades in a quarter-hour are paid the price of the dearest offer taken
   (pay-as-cleared), or more where others who could have had one of its offers pay more
   (:mod:`.price`): requests that compete for the same offers share a price.
5. Accepted values are totals: baseline plus change.

The result depends on the recorded session only, and not on the order of its lists.
"""

import msgspec

from platone.kernel.canonical import content_hash
from platone.market.domain.merit_order import decide
from platone.market.domain.offer_book import book_offers
from platone.market.domain.order_book import list_asks, submission_order, tabulate
from platone.market.domain.outcome import tell
from platone.messages.market import MarketOutcome, PodOutcome, RecordedSession


def clear(recorded: RecordedSession) -> MarketOutcome:
    """Clear a session.

    Args:
        recorded: Its PoDs, requests and offers; ``submitted_at`` breaks ties where it is given.

    Returns:
        A trade or a rejection for each offered quarter-hour, by PoD and quarter-hour.

    Raises:
        RecordingInvalid: The session contradicts itself; the detail says how.
    """
    table = tabulate(recorded.pods)
    book = book_offers(recorded, table)
    asks = list_asks(recorded, table)
    decision = decide(book, asks, len(table.pods))
    return sign_outcome(recorded, tell(decision, book, asks, table))


def sign_outcome(recorded: RecordedSession, flexibility: list[PodOutcome]) -> MarketOutcome:
    """Return an outcome that is named by what it says and what it was made from."""
    terms = recorded.session
    input_hash = hash_recording(recorded)
    output_hash = content_hash(
        {
            "marketType": terms.market_type,
            "startTime": terms.start_time,
            "duration": terms.duration,
            "interval": terms.interval,
            "inputHash": input_hash,
            "flexibility": flexibility,
        }
    )
    return MarketOutcome(
        market_outcome=output_hash[:24],
        market_type=terms.market_type,
        start_time=terms.start_time,
        duration=terms.duration,
        interval=terms.interval,
        input_hash=input_hash,
        output_hash=output_hash,
        flexibility=flexibility,
    )


def hash_recording(recorded: RecordedSession) -> str:
    """Return the SHA-256 of a recorded session, whatever order its PoDs and services stand in."""
    return content_hash(
        msgspec.structs.replace(
            recorded,
            pods=sorted(recorded.pods, key=lambda pod: pod.pod_id),
            flexibility_services=sorted(
                recorded.flexibility_services,
                key=lambda service: (service.service_type.value, *submission_order(service)),
            ),
        )
    )
