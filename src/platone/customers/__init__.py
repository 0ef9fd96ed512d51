"""Shared Customer Database: points of delivery and their series, for everyone who may see them.

It knows points of delivery and parties by their identifiers; names and addresses of persons
have no place in it.
"""
