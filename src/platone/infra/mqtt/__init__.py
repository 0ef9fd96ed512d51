"""Device messages: an embedded broker under mutual TLS, and the link its clients use."""
