"""`platone chain …`: all commands of the chain."""

from platone.cli import chain, chain_member, chain_validator

app = chain.app
chain_member.register(app)
chain_validator.register(app)
