"""Parties, clients and the form of certificates. Pure."""
