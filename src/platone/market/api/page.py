"""Answers that are lists of topics' messages."""

from platone.messages.base import Message
from platone.messages.market import TopicMessage


class TopicPage(Message):
    """Messages of a topic, by offset; ask again with the last one's."""

    messages: list[TopicMessage]
