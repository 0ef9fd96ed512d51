"""Pictures of a network: what is drawn, where, and in which colour; nothing of any file format."""
