"""A channel as Telegram Desktop exports it to JSON, as posts. Knows neither chunks nor vectors."""

import json
import logging
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, cast

from pydantic import ValidationError

from loom.contrib.rag.ingestion.base import Ingestor
from loom.contrib.rag.schemas import (
    ChannelEditorProfile,
    Language,
    NormalizedPost,
    RawTelegramMessage,
    TelegramChannel,
)
from loom.contrib.rag.tools.normalize import normalize
from loom.core.errors import InputError, Problem

__all__ = ["TelegramIngestor"]

_log = logging.getLogger(__name__)
_LINKING = ("text_link", "link")
_HOW = "export one channel in Telegram Desktop: ⋮, Export chat history, format JSON"


class TelegramIngestor(Ingestor):
    """The posts of one export. A message that cannot be read is logged and counted, and hides no other."""

    def __init__(
        self,
        source_path: str | Path,
        editor_profile: ChannelEditorProfile | None = None,
        *,
        skip_empty: bool = True,
        skip_media_only: bool = False,
        min_text_len: int = 10,
    ) -> None:
        """`skip_empty` leaves out what says nothing; `skip_media_only` only that of it which is a picture or a film.

        What is said in fewer than `min_text_len` characters is left out too.
        """
        self.source_path = Path(source_path)
        self.profile = editor_profile
        """What an editor says of the channel; its language is taken where letters do not tell."""

        self.unreadable = 0
        """Messages that could not be read, last time."""

        self._skip_empty = skip_empty
        self._skip_media_only = skip_media_only
        self._min_text_len = min_text_len
        self._loaded: TelegramChannel | None = None

    def load(self) -> Self:
        """As `Ingestor.load`.

        Raises:
            FileNotFoundError: when there is no such file.
            InputError: when it is no export of a channel.
        """
        file = str(self.source_path)
        try:
            found: Any = json.loads(self.source_path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise InputError(Problem(f"is not JSON: {error}", file=file, remedy=_HOW)) from None
        if isinstance(found, dict) and "chats" in found:
            raise InputError(Problem("is the export of a whole account", file=file, remedy=_HOW))
        try:
            self._loaded = TelegramChannel.model_validate(found)
        except ValidationError as error:
            raise InputError([_problem(one, file) for one in error.errors()]) from None
        return self

    @property
    def channel_id(self) -> int:
        return self._channel.id

    @property
    def channel_name(self) -> str:
        return self._channel.name

    def ingest(self) -> Generator[NormalizedPost]:
        """As `Ingestor.ingest`."""
        self.unreadable = 0
        for written in self._channel.message_messages:
            try:
                message = RawTelegramMessage.model_validate(written)
                post = self._post(message) if self._wanted(message) else None
            except (ValidationError, ValueError, OverflowError) as error:
                self.unreadable += 1
                _log.warning("%s: message %s cannot be read: %s", self.source_path, written.get("id"), error)
                continue
            if post is not None:
                yield post

    @property
    def _channel(self) -> TelegramChannel:
        if self._loaded is None:
            raise RuntimeError("nothing is loaded; call load() first")
        return self._loaded

    def _wanted(self, message: RawTelegramMessage) -> bool:
        text = message.plain_text.strip()
        if text:
            return len(text) >= self._min_text_len
        return not self._skip_empty and not (self._skip_media_only and message.has_media)

    def _post(self, message: RawTelegramMessage) -> NormalizedPost | None:
        hidden = [one.href or one.text for one in message.text_entities if one.type in _LINKING]
        text = normalize(message.plain_text, links=hidden)
        if self._skip_empty and not text.text_clean:
            return None
        at = _time(message)
        return NormalizedPost(
            global_id=f"{self.channel_id}:{message.id}",
            source_channel_id=self.channel_id,
            source_channel_name=self.channel_name,
            message_id=message.id,
            timestamp=at,
            timestamp_unix=int(at.timestamp()),
            text_raw=text.text_raw,
            text_clean=text.text_clean,
            text_rtl=text.is_rtl,
            language=self._language(text.language_hint),
            links=list(text.links),
            hashtags=list(text.hashtags),
            mentions=list(text.mentions),
            has_media=message.has_media,
            has_photo=message.photo is not None,
            media_type=message.media_type,
            is_forward=message.is_forward,
            forwarded_from=message.forwarded_from,
            reply_to_id=message.reply_to_message_id,
            reaction_total=message.reaction_total,
            reaction_breakdown={one.emoji or one.type: one.count for one in message.reactions},
            was_edited=message.edited is not None,
            word_count=len(text.text_clean.split()),
        )

    def _language(self, hint: Language) -> Language:
        return self.profile.language if self.profile and hint is Language.UNKNOWN else hint


def _time(message: RawTelegramMessage) -> datetime:
    """By the clock of the world; exports of old have only that of whoever made them, which is taken for it."""
    if message.date_unixtime:
        return datetime.fromtimestamp(int(message.date_unixtime), UTC)
    written = datetime.fromisoformat(message.date)
    return written if written.tzinfo else written.replace(tzinfo=UTC)


def _problem(error: Any, file: str) -> Problem:
    where = ".".join(str(step) for step in cast("tuple[str | int, ...]", error["loc"])) or None
    return Problem(f"is no export of a channel: {error['msg']}", where, file=file, remedy=_HOW)
