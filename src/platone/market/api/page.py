"""Answers that are lists."""

from platone.messages.base import Message
from platone.messages.market import RecordedService, TopicMessage


class FlexibilityServicePage(Message):
    """Requests and offers, by time of submission."""

    flexibility_services: list[RecordedService]


class TopicPage(Message):
    """Messages of a topic, by offset; ask again with the last one's."""

    messages: list[TopicMessage]
