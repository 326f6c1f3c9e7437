"""Suites of this Workshop: what is in their files, changed case by case, taken back, brought in. Renders nothing."""

import re
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from loom.catalog.library import Found, Library, Source
from loom.catalog.names import require_new, require_safe
from loom.catalog.unchanged import Unchanged
from loom.core.errors import ConflictError, InputError, NotFoundError, Problem, UsageError
from loom.core.findings import Findings
from loom.core.kinds import Kind
from loom.core.reach import Reach, reaching
from loom.evaluation.models import Case, Split, Suite
from loom.evaluation.reading.held import Held
from loom.evaluation.sealed.seals import Seal
from loom.evaluation.suites.changing import (
    CaseEdit,
    Edited,
    edit_case,
    place_now,
    restore_suite,
    suite_hash,
)
from loom.evaluation.suites.checking import review
from loom.evaluation.suites.files import FORMATS, load_suite, open_suite
from loom.evaluation.suites.importing import ImportPlan, carry_out, plan_import
from loom.evaluation.suites.writing import suite_bytes, write_new_file
from loom.wiring.named import named
from loom.workshop.sent.case import CaseSent

__all__ = [
    "CaseSent",
    "Download",
    "OpenSuite",
    "SuiteDesk",
    "SuiteFacts",
    "Undos",
    "sample_suite",
]

_MOST_UNDONE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """A suite in a list."""

    found: Found
    cases: int
    splits: tuple[tuple[Split, int], ...]
    tags: tuple[tuple[str, int], ...]
    """The most frequent first."""

    description: str
    problem: str = ""
    """Why it cannot be read; empty when it can."""


_CASE = re.compile(r"\[(\d+)\]")
"""The number of the case in the field of a problem."""


@dataclass(frozen=True, slots=True)
class OpenSuite:
    """A suite as it is now."""

    facts: SuiteFacts
    suite: Suite
    hash: bytes
    findings: Findings
    seal: Seal | None = None
    """How its sealed cases stand for whoever asks; None: closed."""

    @property
    def visible(self) -> tuple[tuple[int, Case], ...]:
        """The cases that may be seen, each with its number in the suite."""
        every = enumerate(self.suite.cases)
        is_open = self.seal is not None and self.seal.open_until_us is not None
        return tuple(one for one in every if is_open or one[1].split is not Split.SEALED)

    def place_now(self, number: int, base: bytes | None) -> int | None:
        """As `changing.place_now`, in this suite; of a large one it takes a while."""
        return place_now(self.suite, self.hash, number, base)

    def named(self, name: str) -> int | None:
        """The number of the case of this name."""
        return next((at for at, case in enumerate(self.suite.cases) if case.name == name), None)

    def hides(self, number: int) -> bool:
        """Whether a case of this number is there that may not be seen."""
        return number < len(self.suite.cases) and number not in dict(self.visible)

    @property
    def told(self) -> Findings:
        """What the check finds; of what is about sealed cases that are closed, only how much that is."""
        closed = set(range(len(self.suite.cases))) - dict(self.visible).keys()
        return Findings(
            tuple(_without(closed, self.suite, self.findings.errors)),
            tuple(_without(closed, self.suite, self.findings.warnings)),
        )

    @property
    def sealed(self) -> int:
        """How many are sealed, open or not."""
        return dict(self.facts.splits).get(Split.SEALED, 0)

    @property
    def own(self) -> bool:
        """Whether it may be changed."""
        return self.facts.found.source is Source.OWN


@dataclass(frozen=True, slots=True)
class Download:
    """A suite as a file."""

    name: str
    content: bytes
    media_type: str


class Undos:
    """What was there before changes, for a while: up to a total size, the newest kept."""

    def __init__(self) -> None:
        self._held: Held[str, tuple[str, Edited]] = Held(_MOST_UNDONE)

    def keep(self, suite: str, edited: Edited) -> str:
        """A word under which `edited` can be taken back."""
        word = secrets.token_hex(8)
        self._held.put(word, (suite, edited), len(edited.before) + len(edited.after))
        return word

    def find(self, suite: str, word: str) -> Edited:
        """What `keep` was given.

        Raises:
            NotFoundError: when it is forgotten.
        """
        found = self._held.get(word)
        if found is None or found[0] != suite:
            raise NotFoundError(
                "what was there before is no longer known here; the file's own history may have it"
            )
        return found[1]


@dataclass(frozen=True, slots=True)
class SuiteDesk:
    """The suites. Every method reads or writes files: off the event loop."""

    files: Library
    undos: Undos

    def list(self) -> tuple[SuiteFacts, ...]:
        """Every suite, one's own first."""
        return tuple(_facts(one) for one in self.files.suites())

    def open(self, name: str) -> OpenSuite:
        """The suite called `name`.

        Raises:
            NotFoundError: when there is none.
            ConfigError: when it cannot be read.
        """
        found = self._found(name)
        content = _CONTENTS.of(found.path, found.path, partial(_read, found.path))
        facts = SuiteFacts(found, *_counted(content.suite))
        return OpenSuite(facts, content.suite, content.hash, content.findings)

    def edit(self, name: str, sent: CaseSent, base: bytes | None) -> tuple[Case, str]:
        """Change or add the case that was `sent`; the case, and the word that takes it back.

        Raises:
            UsageError: naming every field that is wrong.
            LoomError: as `edit_case`.
        """
        path = self._own(name)
        number = sent.place()
        suite = load_suite(path)
        at = None if number is None else place_now(suite, suite_hash(path), number, base)
        before = suite.cases[at] if at is not None and at < len(suite.cases) else None
        case = sent.case(before, f"case-{len(suite.cases) + 1}")
        return case, self.put(name, number, case, base)

    def put(self, name: str, number: int | None, case: Case, base: bytes | None) -> str:
        """Put `case` in the place of the one that is numbered, or behind all; the word that takes that back.

        Raises:
            LoomError: as `edit_case`.
        """
        return self.undos.keep(name, edit_case(self._own(name), CaseEdit(number, case), base))

    def remove(self, name: str, number: int, base: bytes | None) -> str:
        """Take a case out; the word that takes that back.

        Raises:
            LoomError: as `edit_case`.
        """
        edited = edit_case(self._own(name), CaseEdit(number, None), base)
        return self.undos.keep(name, edited)

    def undo(self, name: str, word: str) -> None:
        """Take a change back.

        Raises:
            NotFoundError: when it is forgotten.
            ConflictError: when that case was changed again since.
        """
        restore_suite(self._own(name), self.undos.find(name, word))

    def copy(self, name: str) -> None:
        """Make a suite that comes with Loom, or with an app, one's own, under its name.

        Raises:
            ConflictError: when it is one's own already.
        """
        found = self._found(name)
        if found.source is Source.OWN:
            raise ConflictError(f"the suite '{name}' is your own already")
        write_new_file(self._place(found.path.name), found.path.read_bytes())

    def bring_in(self, file: Path, name: str) -> ImportPlan:
        """Bring in the suite, or promptfoo configuration, in `file`; `name` may be empty.

        Raises:
            InputError: with everything that is wrong with it.
            ConflictError: when there is one of its name.
        """
        if name:
            require_safe(name)
        with reaching(Reach()):
            plan = plan_import(file, self.files.own.path, name or None)
        stem = plan.files[-1][0].stem
        require_safe(stem)
        require_new(stem, [one.name for one in self.files.suites() if one.source is Source.OWN])
        carry_out(plan)
        return plan

    def download(self, name: str, ending: str) -> Download:
        """A suite in the format that `ending` names, as `.csv`.

        Raises:
            NotFoundError: when there is no such suite, or format.
            ConfigError: when the format cannot hold it.
        """
        if ending not in FORMATS:
            raise NotFoundError(f"there is no format '{ending[:20]}'; there are {', '.join(FORMATS)}")
        suite = load_suite(self._found(name).path, large=True)
        media = _MEDIA.get(ending, "application/octet-stream")
        return Download(f"{name}{ending}", suite_bytes(suite, ending), media)

    def _found(self, name: str) -> Found:
        return named(self.files, Kind.SUITE, name)

    def _own(self, name: str) -> Path:
        found = self._found(name)
        if found.source is not Source.OWN:
            raise UsageError(
                Problem("comes with Loom or an app and is not changed", name, remedy="copy it first")
            )
        return found.path

    def _place(self, file: str) -> Path:
        own = self.files.own
        return own.path / own.folder(Kind.SUITE) / file


_SAMPLE = Suite(
    "sample",
    (
        Case("first", {"text": "The parcel came late."}, {"label": "complaint"}, ("delivery",)),
        Case(
            "second", {"text": "Thank you!"}, {"label": "praise"}, ("short", "easy"), split=Split.VALIDATION
        ),
    ),
)


def sample_suite(ending: str) -> Download:
    """A suite to be filled in, in the format that `ending` names."""
    return Download(f"sample{ending}", suite_bytes(_SAMPLE, ending), _MEDIA[ending])


_MEDIA = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}


@dataclass(frozen=True, slots=True)
class _Content:
    """What is in the file of a suite, and what is to be said of it."""

    suite: Suite
    hash: bytes
    findings: Findings


_CONTENTS: Unchanged[Path, _Content] = Unchanged(100, largest=64 * 1024)
"""Of small suites, which most are: a page of one is read again and again. Large ones would fill the memory."""


def _read(path: Path) -> _Content:
    opened = open_suite(path, large=True)
    opened.report.findings().require_valid()
    return _Content(opened.suite, suite_hash(path), review(opened))


class _Counts(NamedTuple):
    cases: int
    splits: tuple[tuple[Split, int], ...]
    tags: tuple[tuple[str, int], ...]
    description: str


_COUNTS: Unchanged[Path, _Counts] = Unchanged(500)
"""Of suites of any size, for lists of them."""


def _facts(found: Found) -> SuiteFacts:
    try:
        counts = _COUNTS.of(found.path, found.path, lambda: _counted(load_suite(found.path, large=True)))
    except (InputError, OSError) as error:
        return SuiteFacts(found, 0, (), (), "", str(error).partition("\n")[0])
    return SuiteFacts(found, *counts)


def _without(closed: Collection[int], suite: Suite, problems: Iterable[Problem]) -> Iterator[Problem]:
    """`problems`, those about a case that is `closed` as their number only."""
    names = [f"'{suite.cases[at].name}'" for at in closed]
    withheld = 0
    for one in problems:
        at = _CASE.search(one.field or "")
        if (at and int(at[1]) in closed) or any(name in one.what for name in names):
            withheld += 1
        else:
            yield one
    if withheld:
        what = "about sealed cases" if withheld > 1 else "about a sealed case"
        yield Problem(f"{withheld} more {what}", remedy="open them to see it, or run: loom suite check")


def _counted(suite: Suite) -> _Counts:
    splits = Counter(case.split for case in suite.cases)
    tags = Counter(tag for case in suite.cases if case.split is not Split.SEALED for tag in case.tags)
    return _Counts(
        len(suite.cases),
        tuple((split, splits[split]) for split in Split if splits[split]),
        tuple(tags.most_common()),
        suite.description,
    )
