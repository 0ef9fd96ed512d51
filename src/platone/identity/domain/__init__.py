"""Rules of identity: parties, clients and the form of certificates. Pure."""
