"""The place in each topic up to which the market's messages are read, and those set aside."""

from sqlalchemy import select

from platone.aggregator.records.table import feed, set_aside
from platone.infra.db import Database, replace_rows


class FeedRecords:
    """The places in the market's topics.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_to(self, topic: str) -> int:
        """Return the number of the last message of a topic that was read; 0: none."""
        query = select(feed.c.read_to).where(feed.c.topic == topic)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one_or_none() or 0

    async def note(self, topic: str, place: int, problem: str = "", content: bytes = b"") -> None:
        """Note that a message is read; with a problem, keep it aside for people to look at."""
        async with self._database.transaction() as connection:
            if problem:
                row = {"topic": topic, "place": place, "problem": problem, "content": content}
                await replace_rows(connection, set_aside, [row])
            await replace_rows(connection, feed, [{"topic": topic, "read_to": place}])
