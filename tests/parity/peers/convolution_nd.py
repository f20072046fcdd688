"""Peers of convolution in one and three dims, and transposed."""

OPERATIONS = {}
