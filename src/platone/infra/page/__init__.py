"""Web pages: how they are rendered, and the one design language that all of them speak."""
