"""Texts as browsers send them, turned back into what their author's file has. Knows no page."""

__all__ = ["posted_text"]


def posted_text(text: str, before: bytes = b"") -> bytes:
    """The bytes of `text` from a form, which ends every line in CR LF; as `before` does, where that is so."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    wanted = plain.replace("\n", "\r\n") if b"\r\n" in before else plain
    return wanted.encode("utf-8", "surrogatepass")
