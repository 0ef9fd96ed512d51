"""The market's topics, followed by a platform that the market does not call."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from platone.aggregator.records.feed import FeedRecords
from platone.aggregator.service.trade import TradeService
from platone.infra.http.client import PartyClient
from platone.kernel.errors import Kind, PlatoneError
from platone.messages.market import TopicMessage
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import Settlement

_log = logging.getLogger(__name__)


class TopicFeed:
    """One of a party's topics, read in order from the place that was reached before.

    A message is noted as read after it is taken: after a kill in between it comes again, which
    changes nothing. One that cannot be taken is set aside, and the next one goes on.

    Args:
        topic: The topic's name.
        client: The party's calls.
        records: The places that were reached.
        kind: What its messages are.
        take: Takes one.
    """

    def __init__(
        self,
        topic: str,
        client: PartyClient,
        records: FeedRecords,
        kind: Any,
        take: Callable[[Any], Awaitable[object]],
    ) -> None:
        self.topic = topic
        self._client = client
        self._records = records
        self._kind = kind
        self._take = take

    async def turn(self) -> None:
        """Follow the topic until the feed ends.

        Raises:
            PartnerUnavailable: The market does not answer.
            PartnerRefused: It says no.
        """
        after = await self._records.read_to(self.topic)
        async for event in self._client.events(f"/api/topics/{self.topic}", after):
            message = msgspec.json.decode(event, type=TopicMessage)
            await self._read(message)

    async def _read(self, message: TopicMessage) -> None:
        content = bytes(message.content)
        try:
            await self._take(msgspec.json.decode(content, type=self._kind))
        except (PlatoneError, msgspec.DecodeError) as error:
            if isinstance(error, PlatoneError) and error.kind is Kind.UNAVAILABLE:
                raise
            _log.warning("%s %d is set aside: %s", self.topic, message.offset, error)
            await self._records.note(self.topic, message.offset, str(error), content)
        else:
            await self._records.note(self.topic, message.offset)


def topic_feeds(
    party: str, client: PartyClient, records: FeedRecords, trade: TradeService
) -> list[TopicFeed]:
    """Return the topics that an aggregator acts upon: its outcomes and its settlements."""
    outcomes, settlements = f"validated_outcome_{party}", f"Settlement_{party}"
    return [
        TopicFeed(outcomes, client, records, ValidatedOutcome, trade.activate),
        TopicFeed(settlements, client, records, Settlement, trade.take_settlement),
    ]
