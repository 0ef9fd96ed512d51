"""Kafka by setting: topics that a context keeps anyway are published, each message once."""
