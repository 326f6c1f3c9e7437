"""The page of channels: what an editor says of them, beside what was brought in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from loom.contrib.rag.registry import ChannelInfo
from loom.contrib.rag.vectorstore.base import StoredChannel
from loom.core.errors import Problem
from loom.workshop.pages.format import exact
from loom.workshop.views.actions import Action, Crumb, Header
from loom.workshop.views.badges import Badge
from loom.workshop.views.cells import Badges, Link, Moment, Number, Text
from loom.workshop.views.feedback import Banner, Empty
from loom.workshop.views.tables import Card, Chip, Column, Filter, Row, Shape, Table
from loom.workshop.views.tones import Tone

__all__ = [
    "CHANNELS",
    "HOME",
    "INGEST",
    "SECOND_US",
    "ChannelsPage",
    "ChannelsShown",
    "channels_page",
    "channels_table",
    "search_in",
]

HOME = "/rag"
CHANNELS = "/rag/channels"
INGEST = "loom rag ingest result.json"
SECOND_US = 1_000_000
_TRUSTED = 0.7
_DOUBTED = 0.35


def search_in(channel_id: int) -> str:
    """Where one channel is searched."""
    return f"{HOME}/search?{urlencode({'channel_ids': channel_id})}"


@dataclass(frozen=True, slots=True)
class ChannelsShown:
    """Which channels are looked at."""

    q: str = ""
    faction: str = ""
    priority: str = ""

    def address(self, path: str = CHANNELS, **changes: str) -> str:
        """Where they are."""
        asked = {"q": self.q, "faction": self.faction, "priority": self.priority, **changes}
        kept = urlencode({name: value for name, value in asked.items() if value})
        return f"{path}?{kept}" if kept else path


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """All channels: those that somebody has described, and those that have been brought in."""

    header: Header
    banners: tuple[Banner, ...]
    chips: tuple[Chip, ...]
    filter: Filter
    table: Table


@dataclass(frozen=True, slots=True)
class _Known:
    """A channel, as the registry and the store know it; one of the two at least."""

    info: ChannelInfo
    stored: StoredChannel | None
    described: bool


def channels_page(
    registered: Sequence[ChannelInfo],
    stored: Sequence[StoredChannel],
    shown: ChannelsShown,
    problems: Sequence[Problem] = (),
) -> ChannelsPage:
    """Both lists as one; `problems` are of the registry's file."""
    every = _joined(registered, stored)
    tone = Tone.WARNING if registered else Tone.FAIL
    meta = (f"{exact(len(registered))} in the registry", f"{exact(len(stored))} brought in")
    twins = tuple(
        Action(f"As {ending.upper()}", href=shown.address(f"{CHANNELS}.{ending}"), icon="download")
        for ending in ("csv", "json")
    )
    hidden = tuple(
        (name, value) for name, value in (("faction", shown.faction), ("priority", shown.priority)) if value
    )
    return ChannelsPage(
        Header("Telegram Channels", (Crumb("RAG", HOME), Crumb("Channels")), meta=meta, more=twins),
        tuple(Banner(str(one), tone) for one in problems[:5]),
        tuple(_chips(every, shown)),
        Filter(CHANNELS, shown.q, "Filter channels", "Name, handle or note", "channels", hidden),
        channels_table(registered, stored, shown),
    )


def channels_table(
    registered: Sequence[ChannelInfo], stored: Sequence[StoredChannel], shown: ChannelsShown
) -> Table:
    """The same as a table, for its twins too."""
    every = _joined(registered, stored)
    chosen = [one for one in every if _is_shown(one.info, shown)]
    empty = Empty("No channel is like that.", Action("Show all channels", href=CHANNELS))
    if not every:
        words = "No channel yet. Bring one in, or name a registry with --rag-channel-registry."
        empty = Empty(words, Action("What this is", href=HOME), INGEST)
    return Table(
        "Channels",
        (
            Column("channel", "Channel", shape=Shape.GROWING),
            Column("handle", "Handle", priority=2),
            Column("trust", "Trust and bias"),
            Column("faction", "Faction", priority=2),
            Column("priority", "Priority", priority=3),
            Column("language", "Language", priority=3),
            Column("posts", "Posts", shape=Shape.NUMBER, card=Card.HIDDEN),
            Column("last", "Last post", priority=2),
            Column("notes", "Notes", priority=3, shape=Shape.GROWING),
            Column("status", "Status", card=Card.CORNER),
        ),
        tuple(_row(number, one) for number, one in enumerate(chosen)),
        empty=empty,
        region="channels",
    )


def _joined(registered: Sequence[ChannelInfo], stored: Sequence[StoredChannel]) -> list[_Known]:
    """By number where the registry has it, else by name."""
    by_id = {one.channel_id: one for one in stored}
    by_name = {one.name.casefold(): one for one in stored}
    known: list[_Known] = []
    for info in registered:
        names = (by_name.get(name.casefold()) for name in (info.name_en, info.name_fa, info.handle) if name)
        found = by_id.get(info.channel_id or 0) or next((one for one in names if one), None)
        known.append(_Known(info, found, described=True))
    told = {one.stored.channel_id for one in known if one.stored}
    others = (one for one in stored if one.channel_id not in told)
    blank = ChannelInfo("", "", language="", monitoring_priority="", status="not in the registry")
    return [*known, *(_Known(replace(blank, name_en=one.name), one, described=False) for one in others)]


def _is_shown(info: ChannelInfo, shown: ChannelsShown) -> bool:
    words = f"{info.name_en} {info.name_fa} {info.handle} {info.notes}".casefold()
    return (
        shown.q.casefold() in words
        and shown.faction in ("", info.faction)
        and shown.priority in ("", info.monitoring_priority)
    )


def _chips(every: Sequence[_Known], shown: ChannelsShown) -> Iterator[Chip]:
    nothing = not shown.faction and not shown.priority
    yield Chip("All", shown.address(faction="", priority=""), exact(len(every)), current=nothing)
    for key, chosen, values in (
        ("faction", shown.faction, [one.info.faction for one in every]),
        ("priority", shown.priority, [one.info.monitoring_priority for one in every]),
    ):
        other = "priority" if key == "faction" else "faction"
        for value in sorted({value for value in values if value}):
            count, words = exact(values.count(value)), f"{value} priority" if key == "priority" else value
            address = shown.address(**{key: value, other: ""})
            yield Chip(words, address, count, current=chosen == value)


def _row(number: int, one: _Known) -> Row:
    info, stored = one.info, one.stored
    name = info.name_en + (f" · {info.name_fa}" if info.name_fa else "")
    verified = info.status == "verified"
    tone = Tone.PASS if verified else Tone.WARNING if one.described else Tone.PLAIN
    return Row(
        f"channel-{number}",
        (
            Link(name, search_in(stored.channel_id)) if stored else Text(name),
            Text(info.handle, mono=True),
            Badges(tuple(_trust(info))) if one.described else None,
            Text(info.faction),
            Text(info.monitoring_priority),
            Text(info.language),
            Number(exact(stored.posts if stored else 0), stored.posts if stored else 0),
            Moment(stored.latest_unix * SECOND_US if stored else None),
            Text(info.notes, muted=True),
            Badges((Badge(info.status, tone, "check" if verified else None),)),
        ),
    )


def _trust(info: ChannelInfo) -> Iterator[Badge]:
    yield Badge(f"tier {info.source_tier}", title="1: the most to be believed")
    weight = info.trust_weight
    if weight is not None:
        tone = Tone.PASS if weight >= _TRUSTED else Tone.WARNING if weight <= _DOUBTED else Tone.PLAIN
        yield Badge(f"trust {weight:g}", tone, title="From 0 to 1, as the registry says")
    if info.bias != "unknown":
        yield Badge(info.bias.replace("_", " "), title="Bias, as the registry says")
