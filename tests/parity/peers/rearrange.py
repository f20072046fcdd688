"""Peers of elements in other places."""

OPERATIONS = {}
