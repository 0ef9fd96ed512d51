"""The clearing of a session: which offers serve which requests, and at what price.

The rules of the field test are the default; a session's recording may name others
(:class:`platone.messages.clearing.ClearingRules`): :mod:`.merit_order` with other prices or ties,
or :mod:`.least_cost`.

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

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec
import numpy as np

from platone.kernel.canonical import canonical_json, canonical_parts, filled_parts, hashed, joined
from platone.market.domain.calendar import planned_session
from platone.market.domain.decision import Decision
from platone.market.domain.joint_kinds import joint_session, own_names, split_kinds
from platone.market.domain.least_cost import decide_at_least_cost
from platone.market.domain.link_name import name_links
from platone.market.domain.linked_orders import UNLINKED, link_orders
from platone.market.domain.linked_outcome import tell_links
from platone.market.domain.merit_order import decide
from platone.market.domain.offer_book import OfferBook, book_offers
from platone.market.domain.order_book import PodTable, list_asks, submission_order, tabulate
from platone.market.domain.outcome import read_told, tell, tell_in_json
from platone.market.domain.outcome_part import read_outcome
from platone.market.domain.participation import left_out_order, with_left_out
from platone.market.domain.power_kind import active_session, reactive_session
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.reactive_outcome import join_kinds, reactive_shadows
from platone.messages.clearing import DEFAULT_RULES, GridLimit, Method, Product, ShadowPrice, Ties
from platone.messages.market import MARKET_ZONE, RecordedSession
from platone.messages.outcome import MarketOutcome


@dataclass(frozen=True)
class ClearedSession:
    """An outcome as the canonical text that its hash is of, with that of its recording.

    Attributes:
        name: The outcome's identifier.
        recording: The recorded session as canonical JSON.
        document: The outcome as canonical JSON.
        traded: The points of delivery that trade anything, in order.
    """

    name: str
    recording: bytes
    document: bytes
    traded: list[str]

    @cached_property
    def outcome(self) -> MarketOutcome:
        """The outcome as a message; made when it is asked for."""
        return read_outcome(self.document, MarketOutcome)


def clear(recorded: RecordedSession) -> MarketOutcome:
    """Clear a session.

    Args:
        recorded: Its PoDs, requests and offers; ``submitted_at`` breaks ties where it is given.

    Returns:
        A trade or a rejection for each offered quarter-hour, by PoD and quarter-hour.

    Raises:
        RecordingInvalid: The session contradicts itself; the detail says how.
        ClearingFailed: It is cleared at least cost, which was not found in time.
    """
    return clear_to_store(recorded).outcome


def clear_to_store(recorded: RecordedSession) -> ClearedSession:
    """Clear a session, and return its outcome as texts to be stored; raises as `clear`."""
    traded, flexibility, shadow_prices = _decided(recorded)
    if recorded.left_out:
        flexibility = [canonical_json(with_left_out(read_told(flexibility), recorded))]
    return sign_outcome(recorded, flexibility, shadow_prices, traded)


def _decided(
    recorded: RecordedSession,
) -> tuple[list[str], Iterable[bytes], tuple[ShadowPrice, ...]]:
    """Return the PoDs that trade by a session's rules, its outcome as JSON, and shadow prices."""
    joint = joint_session(recorded)
    if joint is not None:
        pods, text, prices = _decide_kind(joint)
        return own_names(pods), [canonical_json(join_kinds(*split_kinds(read_told(text))))], prices
    reactive = reactive_session(recorded)
    if reactive is None:
        return _decide_kind(recorded)
    traded, told, shadows = _decide_kind(active_session(recorded))
    its_traded, its_told, its_shadows = _decide_kind(reactive)
    lines = [read_told(text) for text in (told, its_told)]
    both = [*shadows, *reactive_shadows(its_shadows)]
    return (
        sorted({*traded, *its_traded}),
        [canonical_json(join_kinds(*lines))],
        tuple(sorted(both, key=lambda each: each.index)),
    )


def _decide_kind(
    recorded: RecordedSession,
) -> tuple[list[str], Iterable[bytes], tuple[ShadowPrice, ...]]:
    """Return the same of a session of one kind of power."""
    rules = recorded.rules or DEFAULT_RULES
    product = rules.product or Product()
    table = tabulate(recorded.pods)
    book, asks = book_offers(recorded, table), list_asks(recorded, table)
    buyers = [(ask.service.player_id, ask.service.player_service_id) for ask in asks]
    if rules.method is Method.MERIT_ORDER:
        if rules.linked_orders or product.bounds_duration:
            raise RecordingInvalid(
                "Linked orders and durations of activations are decided at least cost, and only so."
            )
        decision = decide(book, asks, len(table.pods), rules)
        return _traded(decision, book, table), tell_in_json(decision, book, buyers, table), ()
    if rules.ties is Ties.PRO_RATA:
        raise RecordingInvalid("Equals share pro rata where merit order decides, and only there.")
    limits = sorted(recorded.grid_limits, key=_limit_order)
    buyers += [(limit.player_id, limit.element) for limit in limits]
    is_linked = rules.linked_orders or product.bounds_duration
    orders = link_orders(book, asks, table, _end(recorded), product) if is_linked else UNLINKED
    decision, shadows, trades = decide_at_least_cost(
        book, asks, limits, table, rules.pricing, orders
    )
    if not trades.results and not orders.activations:
        told = tell_in_json(decision, book, buyers, table)
        return _traded(decision, book, table), told, tuple(shadows)
    sold = set(decision.order[decision.place].tolist())
    names = name_links(trades.results, orders.activations, sold, book, table)
    linked = tell_links(tell(decision, book, buyers, table), trades, names, book, buyers, table)
    traded = [
        pod.pod for pod in linked if any(power.accepted_p_change is not None for power in pod.power)
    ]
    return traded, [canonical_json(linked)], tuple(shadows)


def _end(recorded: RecordedSession) -> int:
    """Return the quarter-hour after the session's last."""
    terms = recorded.session
    zone = recorded.zone or MARKET_ZONE
    return planned_session(terms.market_type, terms.start_time, zone).window.indices.stop


def _traded(decision: Decision, book: OfferBook, table: PodTable) -> list[str]:
    """Return the PoDs that trade anything."""
    trades = np.zeros(len(table.pods), dtype=np.bool_)
    trades[book.pod[decision.order[decision.place]]] = True
    return [table.pods[row].pod_id for row in np.flatnonzero(trades).tolist()]


def sign_outcome(
    recorded: RecordedSession,
    flexibility: Iterable[bytes],
    shadow_prices: tuple[ShadowPrice, ...],
    traded: list[str],
) -> ClearedSession:
    """Return an outcome that is named by what it says and what it was made from.

    Args:
        recorded: The session.
        flexibility: Its trades and rejections as canonical JSON, in parts.
        shadow_prices: Its shadow prices.
        traded: The PoDs that trade anything.
    """
    terms = recorded.session
    input_digest = hashlib.sha256()
    recording = joined(hashed(_recording(_sorted(recorded)), input_digest))
    said: dict[str, object] = {
        "marketType": terms.market_type,
        "startTime": terms.start_time,
        "duration": terms.duration,
        "interval": terms.interval,
        "inputHash": input_digest.hexdigest(),
        "flexibility": None,
    }
    said |= {"shadowPrices": shadow_prices} if shadow_prices else {}
    digest = hashlib.sha256()
    document = joined(_signed(said, flexibility, recorded.baselines_as_of, digest))
    return ClearedSession(_name(digest), recording, document, traded)


def _signed(
    said: Mapping[str, object],
    flexibility: Iterable[bytes],
    baselines_as_of: datetime | None,
    digest: "hashlib._Hash",
) -> Iterator[bytes]:
    """Yield the canonical JSON of an outcome in parts, each of which is written only once.

    Args:
        said: What it says, and its hash is of, but its long list.
        flexibility: That list in parts, which may be made one by one.
        baselines_as_of: When baselines had to be there; in the input's hash already.
        digest: What takes up the hash of all that is said, complete at the end.
    """
    before, after = _around(said)
    digest.update(before)
    known = {} if baselines_as_of is None else {"baselinesAsOf": baselines_as_of}
    yield _around({**said, **known})[0]
    yield from hashed(flexibility, digest)
    digest.update(after)
    named = {"marketOutcome": _name(digest), "outputHash": digest.hexdigest()}
    yield _around({**said, **named})[1]


def _name(digest: "hashlib._Hash") -> str:
    """Return the name of an outcome, by the hash of what it says."""
    return digest.hexdigest()[:24]


def _around(said: Mapping[str, object]) -> tuple[bytes, bytes]:
    """Return an outcome as canonical JSON, parted where its long list belongs."""
    before, name, after = canonical_json(said).partition(b'"flexibility":')
    return before + name, after.removeprefix(b"null")


def _recording(recorded: RecordedSession) -> Iterator[bytes]:
    """Return the canonical JSON of a recorded session whose lists are in order, in parts."""
    long = {
        "pods": canonical_parts(recorded.pods),
        "flexibilityServices": canonical_parts(recorded.flexibility_services),
    }
    rest = msgspec.structs.replace(recorded, pods=[], flexibility_services=[])
    return filled_parts(rest, long)


def _sorted(recorded: RecordedSession) -> RecordedSession:
    """Return a recorded session with its lists in order."""
    return msgspec.structs.replace(
        recorded,
        pods=sorted(recorded.pods, key=lambda pod: pod.pod_id),
        flexibility_services=sorted(
            recorded.flexibility_services,
            key=lambda service: (service.service_type.value, *submission_order(service)),
        ),
        grid_limits=tuple(sorted(recorded.grid_limits, key=_limit_order)),
        left_out=tuple(sorted(recorded.left_out, key=left_out_order)),
    )


def _limit_order(limit: GridLimit) -> tuple[int, str, str]:
    return limit.index, limit.player_id, limit.element
