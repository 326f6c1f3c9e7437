"""The gallery's sample values: every component in every state it can be in, long texts and large numbers included."""

from dataclasses import dataclass

from loom.catalog.diff import compare_texts
from loom.core.jsonvalue import Json
from loom.workshop.pages.cases import OpenCase
from loom.workshop.pages.gallery_samples import charts, tables
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge, known
from loom.workshop.views.code import Code
from loom.workshop.views.conflict import Conflict
from loom.workshop.views.diff import Diff, Words, diff_view, word_change
from loom.workshop.views.feedback import Banner, Dialog, Empty, Failure, Toast
from loom.workshop.views.figures import Figure, Verdict
from loom.workshop.views.forms import Editor, Field, FieldKind, LineProblem
from loom.workshop.views.graph import Graph, LineKind, Link, Node
from loom.workshop.views.marks import Shares, outcomes
from loom.workshop.views.progress import Progress
from loom.workshop.views.schema_form import SchemaForm
from loom.workshop.views.tones import Tone
from loom.workshop.views.transcript import Event, Stream, Turn

__all__ = ["GalleryPage", "gallery_page"]

_LONG = (
    "A worker whose name somebody thought about for a very long time_and_never_broke_into_words_" + "x" * 60
)
_STATES = (
    "pass fail error unscored aborted running paused completed failed simulated better worse fixed broken "
    "baseline new stale replayed cached partial"
)
_VERDICTS = ("not separable", "no verdict")


@dataclass(frozen=True, slots=True)
class Forms:
    """Fields in their states, and a form made from a schema."""

    alone: Field
    fields: tuple[Field, ...]
    schema: SchemaForm
    editor: Editor
    wrong: Editor


@dataclass(frozen=True, slots=True)
class Answers:
    """What stands at the top of a page that answers a question."""

    verdict: Verdict
    shares: Shares
    empty_shares: Shares
    many_shares: Shares
    figures: tuple[Figure, ...]
    progress: Progress
    started: Progress
    compared: Verdict


@dataclass(frozen=True, slots=True)
class Texts:
    """What is read."""

    conflict: Conflict
    diff: Diff
    unchanged: Diff
    fields: tuple[tuple[str, Words, Words], ...]
    changes: tuple[tuple[str, str, str], ...]
    facts: tuple[tuple[str, str], ...]
    json: Code
    short: Code
    turns: tuple[Turn, ...]
    stream: Stream
    ended: Stream
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Replies:
    """What a page says back."""

    banners: tuple[Banner, ...]
    toasts: tuple[Toast, ...]
    dialog: Dialog
    empty: Empty
    failure: Failure


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """Everything."""

    header: Header
    long_header: Header
    buttons: tuple[Action, ...]
    badges: tuple[Badge, ...]
    case: OpenCase
    forms: Forms
    answers: Answers
    tables: tables.Tables
    charts: charts.Charts
    graph: Graph | None
    texts: Texts
    replies: Replies


def gallery_page() -> GalleryPage:
    """All samples."""
    return GalleryPage(
        header=_header(),
        long_header=Header(_LONG, badges=(known("partial"),), meta=(_LONG,)),
        buttons=_buttons(),
        badges=(*(known(word) for word in (*_STATES.split(), *_VERDICTS)), Badge("plain"), Badge(_LONG[:48])),
        case=_case(),
        forms=_forms(),
        answers=_answers(),
        tables=tables.samples(),
        charts=charts.samples(),
        graph=Graph.of(
            "stages",
            "Pipeline of four stages on three levels",
            (
                Node("read", "ocr", 0),
                Node("classify", "sorter", 1, tone=Tone.ACCENT, current=True),
                Node("translate", "translator", 1),
                Node("answer", "writer, frontier", 2),
            ),
            (
                Link("read", "classify", "text"),
                Link("read", "translate", "text"),
                Link("classify", "answer", "category", LineKind.DASHED),
                Link("translate", "answer", "translation"),
            ),
        ),
        texts=_texts(),
        replies=_replies(),
    )


def _case() -> OpenCase:
    pairs = (("refund", "technical"), ("high", "high"))
    rows = zip(("category", "priority"), (word_change(got, wanted) for wanted, got in pairs), strict=True)
    return OpenCase(
        tuple((name, wanted, got) for name, (got, wanted) in rows),
        None,
        (
            ("field_match", "0.333", "1 of 3 fields match"),
            ("llm_judge", "0.400", "Takes it for a technical fault"),
        ),
        ("output.summary: expected string (got null)",),
        (Action("Open transcript", href="#"), Action("Run on test bench", href="#")),
    )


def _header() -> Header:
    return Header(
        "ticket-triage v14 on support-tickets v3",
        crumbs=(Crumb("Evaluate", "#"), Crumb("ticket-triage", "#"), Crumb("Run 0193a41f")),
        badges=(known("completed"), known("simulated")),
        meta=("sim-large, standard tier", "temperature 0.2", "20 Nov 2026, 14:03 by ana", "seed 7"),
        actions=(
            Action("Re-score", href="#"),
            Action("Make baseline", dialog="gallery-dialog"),
            Action("Compare with baseline", href="#", tone=ActionTone.FILLED),
        ),
        more=(
            Action("Download as JSON", href="#", icon="download"),
            Action("Clone", href="#", icon="clone"),
            Action("Delete", dialog="gallery-dialog", tone=ActionTone.DANGER, icon="trash"),
        ),
    )


def _buttons() -> tuple[Action, ...]:
    return (
        Action("Run 400 cases, about $0.15", tone=ActionTone.FILLED, icon="play", key="Ctrl+Enter"),
        Action("Validate", icon="check"),
        Action("Delete", tone=ActionTone.DANGER, icon="trash"),
        Action("A link", href="#", icon="external"),
        Action("Promote", why_not="Only a finished run can be promoted"),
        Action("Pause", tone=ActionTone.FILLED, why_not="Already paused", icon="pause"),
        Action("More", icon="more", icon_only=True),
    )


_SCHEMA: Json = {
    "type": "object",
    "required": ["text", "urgent"],
    "properties": {
        "text": {"type": "string", "description": "What the customer wrote"},
        "channel": {"type": "string", "enum": ["mail", "chat", "phone"]},
        "age_days": {"type": "integer", "minimum": 0},
        "urgent": {"type": "boolean", "description": "Marked by hand"},
        "labels": {"type": "array", "items": {"type": "string"}},
        "customer": {
            "type": "object",
            "description": "Who writes",
            "properties": {"name": {"type": "string", "maxLength": 80}, "since": {"type": "number"}},
        },
        "history": {"type": "array", "items": {"type": "object"}},
    },
}
_YAML = "name: ticket-triage\nsystem_prompt: |\n  Sort the ticket into one category.\ndefault_model_tier: standard\n"


def _forms() -> Forms:
    return Forms(
        alone=Field("search", "Alone", FieldKind.SEARCH, placeholder="Type"),
        fields=(
            Field("name", "Name", value="ticket-triage", help="Lower case, digits, hyphens", required=True),
            Field("empty", "Empty", placeholder="sk-…", kind=FieldKind.PASSWORD),
            Field(
                "budget",
                "Budget in USD",
                FieldKind.NUMBER,
                "-1",
                problem="is below 0; give dollars, as in 0.50",
            ),
            Field(
                "tier",
                "Tier",
                FieldKind.SELECT,
                "standard",
                options=(("local", "local"), ("standard", "standard")),
            ),
            Field("off", "Disabled", value="set by the environment", disabled=True),
            Field("notes", "Notes", FieldKind.TEXTAREA, _LONG, rows=3),
            Field("guests", "Guests may read", FieldKind.CHECKBOX, "yes", help="Without logging in"),
        ),
        schema=SchemaForm.of(_SCHEMA, {"text": "My parcel is lost.", "labels": ["vip", "late"]}),
        editor=Editor("yaml", _YAML, "Worker in YAML", rows=6),
        wrong=Editor(
            "wrong",
            "name: ticket triage\nsystm_prompt: Sort.\n",
            "Worker in YAML",
            rows=4,
            problems=(
                LineProblem(1, "name holds a space; use letters, digits, '-' and '_'"),
                LineProblem(
                    2, "systm_prompt is no key of a worker; did you mean 'system_prompt'?", warning=True
                ),
            ),
        ),
    )


def _answers() -> Answers:
    return Answers(
        verdict=Verdict(
            "86.5 %",
            "pass rate",
            ("95 % interval 82.8 to 89.5 %, n = 400",),
            Badge("better than baseline v12", Tone.PASS, "up"),
            "+4.0 points (+0.7 to +7.3)",
        ),
        shares=outcomes(passed=346, failed=41, errored=8, unscored=5, planned=400),
        empty_shares=outcomes(passed=0, failed=0, errored=0, unscored=0, planned=400),
        many_shares=outcomes(passed=9_211, failed=784, errored=1, unscored=1, aborted=3, planned=10_000),
        figures=(
            Figure("Mean score", "0.871", "0.849 to 0.892"),
            Figure("Cost", "$0.154", "$0.00039 per case"),
            Figure("Latency", "940 ms", "p95 2.10 s"),
            Figure("Tokens", "412 k", "381 k in, 31 k out"),
            Figure("Cache", "12.0 %", "48 of 400 calls"),
        ),
        progress=Progress(
            "Sweep",
            3412,
            6000,
            "3,412 calls of at most 6,000; usually stops by itself between 4,100 and 5,300",
            "about 90 s left, 50 s to 2 min",
            zone=(0.683, 0.883),
            figures=(
                Figure("Rate", "14.2/s", "16 in flight"),
                Figure("Cost", "$1.31", "of $4.00, $0.02 reserved"),
            ),
        ),
        started=Progress("Evaluation", 0, None, "Starting", ""),
        compared=Verdict(
            "+4.0 points",
            lines=("95 % interval +0.7 to +7.3, n = 400 pairs", "p = 0.026, sign-flip test"),
            badge=Badge("v14 is better", Tone.PASS, "up"),
            badge_first=True,
        ),
    )


def _texts() -> Texts:
    before = "system_prompt: |\n  Sort the ticket into one category.\n  Be brief.\n  Answer in JSON.\ntemperature: 1"
    after = (
        "system_prompt: |\n  Sort the ticket into one category.\n  A lost parcel is technical.\n"
        "  Answer with JSON only.\ntemperature: 0.2"
    )
    pairs = (
        ("category", "refund", "technical"),
        ("priority", "high", "high"),
        ("summary", "Lost parcel", _LONG),
    )
    difference = diff_view(compare_texts(before, after))
    came = "v3 came between: saved 2 min ago by ann. Lines with − are theirs, lines with + are yours."
    many = [{"name": f"refund-{number:03}", "score": 0.5} for number in range(10_000)]
    asked = "The customer asks for the money back, so the category"
    return Texts(
        conflict=Conflict(came, difference, "#", "nothing"),
        diff=difference,
        unchanged=diff_view(compare_texts(before, before)),
        fields=tuple((name, *word_change(old, new)) for name, old, new in pairs),
        changes=(("temperature", "0.7", "0.2"), ("model", "sim-small", "sim-large")),
        facts=(("Run", "0193a41f"), ("Suite", _LONG), ("Budget", "none")),
        json=Code.of_json({"cases": many}, "Output"),
        short=Code.of_text("Sort the ticket into one category.", label="Prompt"),
        turns=_turns(),
        stream=Stream("gallery-stream", "Answer", text=asked),
        ended=Stream("gallery-ended", "Answer", text='{"category": "refund"}'),
        events=(
            Event("14:21:07", "c-0417 reached 200 cases: 0.887", "dot", Tone.ACCENT),
            Event("14:20:51", "New leader c-0417", "up", Tone.PASS, "tied with 3 others", href="#"),
            Event("14:20:33", "sim-medium: 429, waiting 8 s", "triangle", Tone.ERROR, "3 calls queued"),
            Event("14:18:00", _LONG, "history"),
        ),
    )


def _turns() -> tuple[Turn, ...]:
    return (
        Turn("system", "System prompt", _YAML, meta=("212 tokens",), open=False),
        Turn("user", "Input", code=Code.of_json({"text": "My parcel is lost."})),
        Turn("call", "search_orders", code=Code.of_json({"customer": 1007}), meta=("call 1",)),
        Turn("result", "search_orders", "2 orders", badges=(known("cached"),), meta=("14 ms",)),
        Turn("error", "search_orders", "timed out after 30 s", meta=("30,000 ms",)),
        Turn("assistant", "Answer", f"refund\n{_LONG}", meta=("31 tokens", "1,204 ms", "$0.00041")),
    )


def _replies() -> Replies:
    return Replies(
        banners=(
            Banner(
                "The file changed on disk since you opened it.",
                Tone.WARNING,
                Action("Show what changed", href="#"),
            ),
            Banner("The connection is lost; trying again in 4 s.", Tone.ERROR),
            Banner("Saved 14:03.", Tone.PASS),
            Banner("3 runs were stopped when the server ended.", Tone.PLAIN),
        ),
        toasts=(
            Toast("Worker ticket-triage deleted", Action("Undo", post="#")),
            Toast("Version 14 saved", tone=Tone.PASS),
            Toast(f"{_LONG} could not be saved", tone=Tone.ERROR),
        ),
        dialog=Dialog(
            "gallery-dialog",
            "Run over the budget?",
            Action("Run 400 cases for about $12.40", post="#", tone=ActionTone.FILLED),
        ),
        empty=Empty(
            "No worker has been evaluated yet. An evaluation runs a worker over a suite and says how good it is.",
            Action("Evaluate a worker", href="#", tone=ActionTone.FILLED),
            "loom eval ticket-triage --suite support-tickets",
        ),
        failure=Failure(
            "The endpoint did not answer",
            (
                "http://127.0.0.1:9100/v1 refused the connection.",
                "Start it, or choose another under Settings.",
            ),
            "388 of 400 cases are stored; nothing that was paid for is lost.",
            Action("Resume", post="#", tone=ActionTone.FILLED),
            "4f1c9a2e",
        ),
    )
