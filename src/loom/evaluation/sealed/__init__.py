"""Sealed cases: which they are, who may see them, and every look at them counted; it shows nothing itself."""
