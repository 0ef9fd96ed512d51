"""The published language: everything that crosses from one context to another, by family.

Structs are frozen; names on the wire are the deliverables' camelCase; a field that is not
documented here is refused. Version 1 of every family.
"""
