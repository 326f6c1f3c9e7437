"""The way out to addresses that other people chose; knows no model and no webhook."""

from loom.net.client import Outbound, Post, Reply

__all__ = ["Outbound", "Post", "Reply"]
