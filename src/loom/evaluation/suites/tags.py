"""Tags on one line, as cells of tables and fields of forms have them. Knows neither."""

from collections.abc import Sequence

__all__ = ["tags_in", "tags_line"]


def tags_in(line: str) -> tuple[str, ...]:
    """The tags in `line`: semicolons separate them, or commas where there is no semicolon."""
    mark = ";" if ";" in line else ","
    return tuple(tag.strip() for tag in line.split(mark) if tag.strip())


def tags_line(tags: Sequence[str]) -> str | None:
    """The line that `tags_in` reads as `tags`; None when there is none."""
    line = ";".join(tags)
    line = f"{line};" if len(tags) == 1 and "," in line else line
    return line if tags_in(line) == tuple(tags) else None
