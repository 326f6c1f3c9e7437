"""The documentation as its tests see it: blocks, tables, links, and a shell that knows only `loom`.

What a page shows below `<!-- run -->` is run and compared. `DOCS_UPDATE=1 pytest -n0 tests/unit/docs` writes what
happens now into the pages instead.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from loom.cli.main import cli
from loom.cli.show.console import console, error_console

ROOT = Path(__file__).resolve().parents[3]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
ELIDED = "…"
RUN = "run"

_FENCE = re.compile(
    r"^(?:<!-- (?P<marker>.+?) -->\n)?(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_FILE = re.compile(r"(?:# )?file: (\S+)")
_VARIES = (
    (re.compile(r"\b[0-9a-f]{8}\b"), "ID"),
    (re.compile(r"[+−]?\d[\d,]* m?s\b|\bnow\b"), "TIME"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of a page."""

    page: Path
    line: int
    language: str
    marker: str
    """What the comment above it says; empty without one."""

    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that the block shows, named in its first line or in the comment above it."""
        found = _FILE.fullmatch(self.marker) or _FILE.fullmatch(self.text.partition("\n")[0])
        return found[1] if found else None


@dataclass(slots=True)
class Shown:
    """A command in a block, and the output that the page shows for it."""

    command: str
    output: str = ""


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start("language")) + 1
        yield Block(page, line, found["language"], found["marker"] or "", found["text"])


def sessions(block: Block) -> list[Shown]:
    """The commands of a block: lines after `$ ` with their output, or in `sh` every line."""
    shown: list[Shown] = []
    for line in block.text.replace("\\\n", " ").splitlines():
        if line.startswith("$ ") or (block.language == "sh" and line.strip() and line[0] not in "# "):
            shown.append(Shown(line.removeprefix("$ ")))
        elif shown:
            shown[-1].output += line + "\n"
    return shown


def loom_commands() -> Iterator[tuple[Block, list[str]]]:
    """Every `loom ...` that a page tells to type, without variables before and pipes behind it."""
    for page in PAGES:
        for block in blocks(page):
            if block.language not in ("console", "sh"):
                continue
            for shown in sessions(block):
                words = shlex.split(shown.command, comments=True)
                while words and re.match(r"[A-Z_]+=", words[0]):
                    words.pop(0)
                if words[:1] == ["loom"]:
                    end = next((at for at, word in enumerate(words) if word in ("|", ">", "&", ";")), None)
                    yield block, words[1:end]


def run(command: str) -> str:
    """What a `loom` command prints, both streams together; paths as seen from the checkout, no blanks at line ends."""
    _forget_consoles()
    printed, before = StringIO(), sys.argv
    sys.argv = shlex.split(command)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            cli()
    except SystemExit:
        pass
    finally:
        sys.argv = before
        _forget_consoles()
    text = printed.getvalue().replace(f"{ROOT}/", "")
    return "".join(line.rstrip() + "\n" for line in text.splitlines())


def _forget_consoles() -> None:
    """They took the width of the terminal when they were made."""
    console.cache_clear()
    error_console.cache_clear()


def agree(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed, but for ids, times and what it leaves out with `…`."""
    pieces = [re.escape(_plain(piece)) for piece in re.split(rf"^{ELIDED}$", shown, flags=re.MULTILINE)]
    return re.fullmatch(r"\s*.*\s*".join(pieces), _plain(printed), re.DOTALL) is not None


def as_long_as(shown: str, printed: str) -> str:
    """What was printed, ending in `…` after as many lines as the page shows when it does not show all."""
    lines = shown.splitlines()
    if ELIDED not in lines:
        return printed
    return "\n".join([*printed.splitlines()[: lines.index(ELIDED)], ELIDED, ""])


def _plain(text: str) -> str:
    for pattern, name in _VARIES:
        text = pattern.sub(name, text)
    return " ".join(text.split())


def rewrite(block: Block, session: list[Shown]) -> None:
    """Put `session` in the place of the block's text. Blocks are to be rewritten in their order."""
    text = "".join(f"$ {shown.command}\n{shown.output}" for shown in session)
    page = block.page.read_text(encoding="utf-8")
    before, after = (f"`{block.language}\n{content}```" for content in (block.text, text))
    block.page.write_text(page.replace(before, after, 1), encoding="utf-8")


def section(page: Path, heading: str) -> str:
    """What stands under a heading, up to the next of its level or above."""
    text = _prose(page)
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found, f"{page.name} has no section '{heading}'"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def first_column(text: str) -> set[str]:
    """The code words in the first cells of the tables in `text`."""
    cells = re.findall(r"^\| (`[^|]+?) +\|", text, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def links(page: Path) -> Iterator[tuple[str, str]]:
    """File and anchor of every link to the project itself."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if not re.match(r"[a-z]+:", target):
            file, _, anchor = target.partition("#")
            yield file, anchor


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.MULTILINE)
    return {
        re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading.lower())).strip("-") for heading in headings
    }


def _prose(page: Path) -> str:
    """A page without its blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))
