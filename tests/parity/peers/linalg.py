"""Peers of tensor.linalg."""

OPERATIONS = {}
