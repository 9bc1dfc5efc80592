"""Django's PostgreSQL engine, with a server that starts at the first connection."""
