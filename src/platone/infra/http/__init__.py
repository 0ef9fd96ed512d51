"""REST between parties: problems, bodies, tokens, and the client that calls another context."""
