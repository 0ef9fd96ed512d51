"""Revisions of the tables, each with its file's name as identifier."""
