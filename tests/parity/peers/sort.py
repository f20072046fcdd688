"""Peers of order and running sums."""

OPERATIONS = {}
