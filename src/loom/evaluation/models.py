"""The values of a suite: cases, splits, versions; knows nothing of files, scorers or runs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final, NamedTuple

from loom.core.hashing import hash_bytes, hash_json
from loom.core.jsonvalue import Json, JsonValue, canonical
from loom.core.value import Value

__all__ = ["ABSENT", "Case", "ItemKey", "SpelledSuite", "Split", "Suite", "item_keys"]

_NO_CASES = b'{"cases":[]'
"""How the spelling of a suite without cases begins."""


class Split(StrEnum):
    """What a case may be used for. `sealed` cases are looked at last, and every look is counted."""

    TRAIN = "train"
    VALIDATION = "validation"
    SEALED = "sealed"


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent.ABSENT
"""There is no expected output; an expected `null` is `None`."""


class ItemKey(NamedTuple):
    """Which case, whatever it is called: the hash of its content and which of its duplicates it is."""

    item_hash: bytes
    occurrence: int = 0
    """0 for the first case of a suite with this content, 1 for the second, and so on."""


class Case(Value):
    """One input with what is expected of it."""

    name: str
    input: Json
    expected_output: JsonValue = ABSENT
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    """Cases of one cluster (a document, a customer) stand or fall together, and are resampled together."""

    weight: float = 1.0
    split: Split = Split.TRAIN
    scorers: tuple[JsonValue, ...] = ()
    """Scorer specifications for this case alone, besides those of the run."""

    @property
    def has_expected(self) -> bool:
        """Whether something is expected; an expected `null` counts."""
        return self.expected_output is not ABSENT

    @property
    def content(self) -> Json:
        """What makes it this case: its input and expected output. Its name and tags may change."""
        content: Json = {"input": self.input}
        if self.has_expected:
            content["expected_output"] = self.expected_output
        return content

    @property
    def item_hash(self) -> bytes:
        """Its identity: the hash of its content."""
        return hash_json(self.content)

    def to_json(self) -> Json:
        """The case as a suite file spells it, without what is at its default."""
        return {"name": self.name, **self.content, **self._notes()}

    def spelled(self, content: bytes) -> bytes:
        """The canonical spelling of `to_json`, around that of its content, which is most of it."""
        notes = self._notes()
        cluster = notes.pop("cluster", None)
        before = b"" if cluster is None else canonical({"cluster": cluster})[1:-1] + b","
        after = canonical({"name": self.name, **notes})
        return b"{%b%b,%b" % (before, content[1:-1], after[1:])  # in the order of the keys

    def _notes(self) -> Json:
        value: Json = {}
        if self.tags:
            value["tags"] = list(self.tags)
        if self.cluster is not None:
            value["cluster"] = self.cluster
        if self.weight != 1:
            # One spelling, whatever file it came from: 2 and 2.0 are one version of a suite.
            value["weight"] = int(self.weight) if self.weight == int(self.weight) else self.weight
        if self.split is not Split.TRAIN:
            value["split"] = self.split.value
        if self.scorers:
            value["scorers"] = list(self.scorers)
        return value

    @staticmethod
    def from_json(value: Json) -> "Case":
        """What `to_json` gave; it is trusted, as a file is not."""
        return Case(
            value["name"],
            value["input"],
            value.get("expected_output", ABSENT),
            tuple(value.get("tags", ())),
            value.get("cluster"),
            float(value.get("weight", 1)),
            Split(value.get("split", Split.TRAIN)),
            tuple(value.get("scorers", ())),
        )


@dataclass(frozen=True, slots=True)
class Suite:
    """A versioned list of cases, and how they are scored unless the caller says otherwise."""

    name: str
    cases: tuple[Case, ...]
    description: str = ""
    scorers: tuple[JsonValue, ...] = ()
    """Scorer specifications, as `make_scorer` takes them."""

    @property
    def version_hash(self) -> bytes:
        """The version, as runs know it: the hash of all that it says, its name and description too."""
        return hash_bytes(self.spelled().text)

    def to_json(self) -> Json:
        """The suite as a suite file spells it; reading it back gives an equal suite."""
        value: Json = {"schema": "loom/v1", "name": self.name}
        if self.description:
            value["description"] = self.description
        if self.scorers:
            value["scorers"] = list(self.scorers)
        return {**value, "cases": [case.to_json() for case in self.cases]}

    def spelled(self) -> "SpelledSuite":
        """The canonical spelling of `to_json`, made case by case, since a suite may be large."""
        text, items = bytearray(_NO_CASES[:-1]), list[bytes]()
        for case in self.cases:
            content = canonical(case.content)
            items.append(hash_bytes(content))
            text += case.spelled(content) + b","
        if self.cases:
            del text[-1:]
        rest = canonical(replace(self, cases=()).to_json())
        assert rest.startswith(_NO_CASES)  # no key comes before `cases`
        text += rest[len(_NO_CASES) - 1 :]
        return SpelledSuite(text, items)

    @staticmethod
    def from_json(value: Json) -> "Suite":
        """What `to_json` gave; it is trusted, as a file is not."""
        cases = tuple(Case.from_json(case) for case in value["cases"])
        return Suite(value["name"], cases, value.get("description", ""), tuple(value.get("scorers", ())))

    def select(
        self, *, split: Split | None = None, tags: Collection[str] = (), limit: int | None = None
    ) -> tuple[Case, ...]:
        """The cases to run, in the suite's order.

        Without `split`: train and validation; sealed cases only come when asked for. With `tags`: cases that
        have at least one of them.
        """
        wanted = set(tags)
        chosen = [
            case
            for case in self.cases
            if (case.split is split if split else case.split is not Split.SEALED)
            and (not wanted or wanted.intersection(case.tags))
        ]
        return tuple(chosen[:limit])


class SpelledSuite(NamedTuple):
    """A suite as it is stored."""

    text: bytearray
    item_hashes: list[bytes]
    """Of its cases: their contents are spelled for it anyway."""


def item_keys(item_hashes: Iterable[bytes]) -> tuple[ItemKey, ...]:
    """A key per case, in order, that tells duplicates apart. Give it a whole suite, not a selection."""
    seen: dict[bytes, int] = {}
    keys: list[ItemKey] = []
    for digest in item_hashes:
        occurrence = seen.get(digest, 0)
        keys.append(ItemKey(digest, occurrence))
        seen[digest] = occurrence + 1
    return tuple(keys)
