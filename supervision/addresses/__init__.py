"""Addresses of the supervision app, by theme; `supervision.urls` puts the lists together."""
