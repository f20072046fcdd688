"""Peers of matrices."""

OPERATIONS = {}
