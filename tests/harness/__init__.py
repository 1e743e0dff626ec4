"""Drives the trivium binary from outside, as a user would."""
