"""The problems that the market tells, each documented."""
