"""What a prompt asks for, as values. Knows nothing of how prompts are written or answered."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "Brief",
    "Choosing",
    "Example",
    "Field",
    "Kind",
    "Label",
    "Missing",
    "Rules",
    "Saying",
    "Task",
    "Wording",
]


class Task(StrEnum):
    """The work as a whole, when no output field says it."""

    CLASSIFY = "classify"
    EXTRACT = "extract"
    ENTITIES = "entities"
    SUMMARIZE = "summarize"
    ANSWER = "answer"
    JUDGE = "judge"
    COMPARE = "compare"
    CALCULATE = "calculate"
    TRANSLATE = "translate"
    REPLY = "reply"


class Kind(StrEnum):
    """What belongs into one output field."""

    LABEL = "label"
    PEOPLE = "people"
    PLACES = "places"
    ORGANIZATIONS = "organizations"
    PARTY = "party"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    CURRENCY = "currency"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    IDENTIFIER = "identifier"
    NUMBER = "number"
    COUNT = "count"
    SUMMARY = "summary"
    POINTS = "points"
    TITLE = "title"
    KEYWORDS = "keywords"
    CONFIDENCE = "confidence"
    REASON = "reason"
    LANGUAGE = "language"
    FLAG = "flag"
    ANSWER = "answer"
    TRANSLATION = "translation"
    SCORE = "score"
    CRITERIA = "criteria"
    UNMET = "unmet"
    PREFERENCE = "preference"
    CALCULATION = "calculation"
    WORD_COUNT = "word_count"
    GROUP = "group"
    TEXT = "text"


class Missing(StrEnum):
    """What to write when the text does not say."""

    UNSAID = "unsaid"
    NULL = "null"
    EMPTY = "empty"
    UNKNOWN = "unknown"
    OMIT = "omit"


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that the prompt says of a class, such as `lost in transit`: a text that holds it all says it."""

    stems: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Label:
    """One allowed class and what speaks for it: single stems with their weights, and whole sayings."""

    name: str
    cues: tuple[tuple[str, float], ...] = ()
    sayings: tuple[Saying, ...] = ()
    defined: bool = False
    """The prompt says in words what it means."""

    otherwise: bool = False
    """The prompt says that it is for everything else."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the answer."""

    name: str
    kind: Kind
    type: str = "string"
    """JSON type: string, number, integer, boolean, array or object."""

    labels: tuple[Label, ...] = ()
    hint: str = ""
    """What the prompt says about it, lower case."""

    children: tuple["Field", ...] = ()

    @property
    def many(self) -> bool:
        """Whether a list is wanted."""
        return self.type == "array"


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example. `output` is a JSON object or the text as written."""

    input: str
    output: dict[str, object] | str


@dataclass(frozen=True, slots=True)
class Wording:
    """When a text counts as saying something, as far as the prompt defines it."""

    other_words: bool = False
    """It may be said in other words."""

    opposites: bool = False
    """The opposite does not count."""

    announced: bool = False
    """What is only announced does not count."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """How to choose between the classes that a text speaks for, as far as the prompt says it."""

    asked: bool = False
    """What the text asks for decides."""

    ruled_out: bool = False
    """What the text says it is not about does not count."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Formats and limits, each only when the prompt states it."""

    json_only: bool = False
    date_pattern: str | None = None
    """A `strftime` pattern."""

    day_first: bool | None = None
    month_first_currency: str | None = None
    """The ISO code of the currency whose documents are month first all the same."""

    count_terms: bool = False
    """A payment term in days is to be turned into a date."""

    plain_amounts: bool = False
    iso_currency: bool = False
    lower_case: bool = False
    dedupe: bool = False
    missing: Missing = Missing.UNSAID
    max_words: int | None = None
    max_sentences: int | None = None
    max_items: int | None = None
    short: bool = False
    """Only the answer itself, no sentence around it."""

    scale: tuple[float, float] = (0.0, 1.0)
    wording: Wording = Wording()
    choosing: Choosing = Choosing()
    stated: int = 0
    """How many separate rules the prompt lists."""


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything read from one prompt."""

    task: Task
    fields: tuple[Field, ...] = ()
    labels: tuple[Label, ...] = ()
    rules: Rules = Rules()
    examples: tuple[Example, ...] = ()
    glossary: tuple[tuple[str, str], ...] = ()
    target_language: str | None = None
    """Into which to translate, lower case; None when the prompt names none."""

    fallback: str | None = None
    """The label to use when nothing else fits, when the prompt names one."""

    clarity: float = 0.0
    """0 vague to 1 clear: definitions, fields, rules, steps, examples."""
