"""What stands hundreds of times in a page, made into HTML without macros: those take ten times as long.

Each function takes a value of `views/` and escapes every word of it; what it returns is HTML, as a plain `str`.
Templates reach these through `small` (see `rendering.py`), pages through `ui`.
"""
