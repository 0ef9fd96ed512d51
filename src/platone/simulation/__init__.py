"""Market days on public networks in accelerated time, through the rules of the platform.

It composes the contexts' pure rules as the services do, without HTTP, records and chain
(docs/decisions/0038). Nothing here decides anything that the platform decides: requests, offers,
clearing, validation, setpoints and settlement are the contexts' own functions.
"""
