"""Secrets: how they are made, hidden, sealed, and turned into sessions. No I/O, no clock, no randomness."""
