"""Delivery: what happened, told in the commit in which it happened, and followed by cursor."""
