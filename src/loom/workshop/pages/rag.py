"""The pages over the vector store: what is in it, and what a question finds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote
from urllib.parse import urlencode

from loom.contrib.rag.schemas import SimilarityResult
from loom.contrib.rag.searching import Found, made_by
from loom.contrib.rag.vectorstore.base import StoredChannel
from loom.core.bounds import RESULTS
from loom.core.errors import Problem
from loom.core.jsonvalue import Json
from loom.workshop.pages.channels import CHANNELS, HOME, INGEST, SECOND_US, search_in
from loom.workshop.pages.format import exact, moment, moment_title, score
from loom.workshop.sent.question import QuestionSent
from loom.workshop.views.actions import Action, ActionTone, Crumb, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Link, Moment, Number, Text
from loom.workshop.views.feedback import Banner, Empty
from loom.workshop.views.figures import Figure
from loom.workshop.views.forms import Field, FieldKind, at_field, whole
from loom.workshop.views.tables import Card, Column, Filter, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "DashboardPage",
    "Passage",
    "SearchPage",
    "dashboard_page",
    "found_table",
    "search_page",
]

_SEARCH = "/rag/search"
_SUMMARY = 8
"""Channels on the dashboard."""

_FOUND = (
    Column("score", "Score", shape=Shape.NUMBER),
    Column("channel", "Channel"),
    Column("posted", "Posted"),
    Column("chunk", "Chunk"),
    Column("text", "Text", shape=Shape.GROWING),
)


@dataclass(frozen=True, slots=True)
class DashboardPage:
    """What is in the store."""

    header: Header
    banners: tuple[Banner, ...]
    figures: tuple[Figure, ...]
    search: Filter | None
    """None where there is nothing to search."""

    channels: Table | None
    empty: Empty | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found."""

    id: str
    score: str
    channel: str
    posted: str
    posted_title: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A question, and its answer once it was asked."""

    header: Header
    query: Field
    fields: tuple[Field, ...]
    """The others."""

    banners: tuple[Banner, ...]
    title: str
    """Over the answer; empty before it."""

    passages: tuple[Passage, ...]
    notes: tuple[str, ...]
    empty: Empty | None
    twins: tuple[Action, ...]


def dashboard_page(
    stats: Json, channels: Sequence[StoredChannel], db_path: str = "", problem: str = ""
) -> DashboardPage:
    """The store with these figures; `db_path` is where it is when that is not the usual place, `problem` why there
    is none."""
    said = stats.get("error") or problem
    banners = (Banner(str(said), Tone.FAIL),) if said else ()
    filled = bool(stats["total_chunks"])
    return DashboardPage(
        Header(
            "RAG Pipeline",
            badges=tuple(_made(stats)),
            meta=tuple(_about(stats)),
            actions=(
                Action("Channels", href=CHANNELS),
                Action("Search", href=_SEARCH, tone=ActionTone.FILLED, icon="search"),
            ),
        ),
        (*banners, *_doubts(stats)),
        tuple(_figures(stats)) if filled else (),
        Filter(_SEARCH, "", "Search", "What to look for", name="query") if filled else None,
        _summary(channels) if channels else None,
        None if filled or said else _nothing(db_path),
    )


def _made(stats: Json) -> Iterator[Badge]:
    model = stats.get("embedding_model")
    if model:
        words = made_by(model)
        hashed = words != model
        yield Badge(model, Tone.WARNING if hashed else Tone.PLAIN, "screen" if hashed else None, words)


def _about(stats: Json) -> Iterator[str]:
    yield "Posts of channels, cut into passages that can be searched"
    if stats.get("db_path"):
        yield str(stats["db_path"])


def _doubts(stats: Json) -> Iterator[Banner]:
    bare = stats["total_chunks"] - stats.get("embedded_chunks", stats["total_chunks"])
    if bare:
        words = f"{exact(bare)} of {exact(stats['total_chunks'])} chunks have no vector, and are not found."
        yield Banner(f"{words} Bring them in again without --no-embed.", Tone.WARNING)


def _figures(stats: Json) -> Iterator[Figure]:
    yield Figure("Chunks", exact(stats["total_chunks"]), _vectors(stats))
    if "unique_posts" in stats:
        yield Figure("Posts", exact(stats["unique_posts"]))
        yield Figure("Channels", exact(stats["unique_channels"]))
    if "earliest_timestamp" in stats:
        for label, name in (("First post", "earliest_timestamp"), ("Last post", "latest_timestamp")):
            at_us = stats[name] * SECOND_US
            yield Figure(label, _day(at_us), title=moment_title(at_us))


def _vectors(stats: Json) -> str:
    if "embedded_chunks" not in stats:
        return ""
    numbers = stats.get("embedding_dim")
    return f"{exact(stats['embedded_chunks'])} with a vector" + (f" of {numbers} numbers" if numbers else "")


def _day(at_us: int) -> str:
    return moment(at_us).split(",")[0]


def _nothing(db_path: str) -> Empty:
    words = (
        "Nothing has been brought in yet. Export a channel in Telegram Desktop as JSON, then bring it in: "
        "that needs no network and no key."
    )
    return Empty(words, None, f"{INGEST} --db-path {quote(db_path)}" if db_path else INGEST)


def _summary(channels: Sequence[StoredChannel]) -> Table:
    columns = (
        Column("channel", "Channel", shape=Shape.GROWING),
        Column("posts", "Posts", shape=Shape.NUMBER),
        Column("chunks", "Chunks", shape=Shape.NUMBER),
        Column("last", "Last post", priority=2, card=Card.LINE),
    )
    rows = [
        Row(
            str(one.channel_id),
            (
                Link(one.name, search_in(one.channel_id)),
                Number(exact(one.posts), one.posts),
                Number(exact(one.chunks), one.chunks),
                Moment(one.latest_unix * SECOND_US),
            ),
        )
        for one in channels[:_SUMMARY]
    ]
    return Table("Channels with the most posts", columns, tuple(rows))


def search_page(
    sent: QuestionSent,
    channels: Sequence[StoredChannel],
    found: Found | None = None,
    problems: Sequence[Problem] = (),
) -> SearchPage:
    """The form as it was `sent`, and what was `found`; None: nothing was asked, or it could not be."""
    fields = _fields(sent, channels)
    return SearchPage(
        Header("Semantic Search", (Crumb("RAG", HOME), Crumb("Search"))),
        fields[0],
        fields[1:],
        tuple(Banner(_labelled(one, fields), Tone.FAIL) for one in problems),
        "" if found is None or found.bare else _count(len(found.results)),
        () if found is None else tuple(map(_passage, found.results)),
        () if found is None or found.bare else found.notes,
        None if problems else _empty(found),
        tuple(_twins(sent)) if found and found.results else (),
    )


def _labelled(problem: Problem, fields: Sequence[Field]) -> str:
    """`problem` with its field named as the form names it."""
    label = next((one.label for one in fields if one.name == problem.field), "")
    return f"{label} {at_field(problem)}" if label else str(problem)


_FIELDS = ("query", "limit", "min_score", "channel_ids")


def _fields(sent: QuestionSent, channels: Sequence[StoredChannel]) -> tuple[Field, ...]:
    known = {str(one.channel_id): one.name for one in channels}
    chosen = sent.channel_ids.strip()
    options = [("", "All channels"), *known.items()]
    if chosen and chosen not in known:
        options.append((chosen, chosen))
    return (
        Field("query", "Question", FieldKind.TEXT, sent.query, placeholder="What to look for", required=True),
        Field("channel_ids", "Channel", FieldKind.SELECT, chosen, options=tuple(options)),
        Field("limit", "At most", FieldKind.NUMBER, sent.limit, attributes=whole(RESULTS)),
        Field(
            "min_score",
            "Score from",
            FieldKind.NUMBER,
            sent.min_score,
            attributes=(("min", "0"), ("max", "1"), ("step", "any")),
        ),
    )


def _count(number: int) -> str:
    return "1 passage" if number == 1 else f"{exact(number)} passages"


def _empty(found: Found | None) -> Empty | None:
    if found is None:
        return Empty("Ask in words that the posts themselves may use.", None, 'loom rag search "QUESTION"')
    if found.results:
        return None
    if found.bare:
        return Empty("Nothing has been brought in yet.", None, INGEST)
    return Empty("No results. Ask with other words, in all channels, or from a lower score.")


def _twins(sent: QuestionSent) -> Iterator[Action]:
    asked = urlencode({name: getattr(sent, name) for name in _FIELDS if getattr(sent, name)})
    for ending in ("csv", "json"):
        yield Action(f"As {ending.upper()}", href=f"{_SEARCH}.{ending}?{asked}", icon="download")


def _passage(one: SimilarityResult) -> Passage:
    at_us = one.metadata.get("timestamp_unix", 0) * SECOND_US
    channel = str(one.metadata.get("source_channel_name") or one.source_channel_id)
    return Passage(one.chunk_id, score(one.score), channel, moment(at_us), moment_title(at_us), one.text)


def found_table(found: Found) -> Table:
    """What was found, for programs and spreadsheets."""
    rows = [
        Row(
            one.chunk_id,
            (
                Number(score(one.score), one.score),
                Text(str(one.metadata.get("source_channel_name") or one.source_channel_id)),
                Moment(one.metadata.get("timestamp_unix", 0) * SECOND_US),
                Text(one.chunk_id),
                Text(one.text),
            ),
        )
        for one in found.results
    ]
    return Table("Passages", _FOUND, tuple(rows))
