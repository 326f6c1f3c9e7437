"""The larger samples of the gallery."""
