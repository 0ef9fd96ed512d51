"""Trees, blocks, events and proofs: pure, so that a proof is checked without any server."""
