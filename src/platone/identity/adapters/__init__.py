"""The certificate authority in files: another one can stand in its place."""
