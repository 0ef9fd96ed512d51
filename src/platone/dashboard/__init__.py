"""The dashboard: web pages over the contexts' REST interfaces, with the person's own token."""
