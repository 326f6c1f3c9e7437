"""A channel as Telegram Desktop exports it to JSON. Judges nothing and drops nothing."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RawTelegramMessage", "ReactionCount", "TelegramChannel", "TelegramMediaType", "TextEntity"]


class TelegramMediaType(StrEnum):
    """What a message may carry, as exports name it."""

    ANIMATION = "animation"
    AUDIO = "audio_file"
    STICKER = "sticker"
    VIDEO = "video_file"
    VIDEO_MESSAGE = "video_message"
    VOICE = "voice_message"


class TextEntity(BaseModel):
    """A piece of a message's text: plain, a link, a hashtag, a mention."""

    model_config = ConfigDict(extra="allow")

    type: str = "plain"
    text: str = ""
    href: str | None = None
    document_id: str | None = None


class ReactionCount(BaseModel):
    """How often readers have reacted in one way."""

    model_config = ConfigDict(extra="allow")

    type: str = "emoji"
    count: int = 0
    emoji: str | None = None


class RawTelegramMessage(BaseModel):
    """One entry of an export."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    id: int
    type: str = "message"
    date: str = ""
    date_unixtime: str = ""
    from_: str | None = Field(default=None, alias="from")
    from_id: str | None = None
    text: str | list[str | TextEntity] = ""
    text_entities: list[TextEntity] = Field(default_factory=list[TextEntity])
    photo: str | None = None
    file: str | None = None
    media_type: str | None = None
    """One of `TelegramMediaType`, or what a newer Telegram writes."""

    reactions: list[ReactionCount] = Field(default_factory=list[ReactionCount])
    reply_to_message_id: int | None = None
    forwarded_from: str | None = None
    edited: str | None = None

    @property
    def plain_text(self) -> str:
        """The text without its markup."""
        if isinstance(self.text, str):
            return self.text
        return "".join(part if isinstance(part, str) else part.text for part in self.text)

    @property
    def has_text(self) -> bool:
        """Whether it says anything."""
        return bool(self.plain_text.strip())

    @property
    def has_media(self) -> bool:
        """Whether it carries a picture, a film, a sound or a file."""
        return any((self.photo, self.file, self.media_type))

    @property
    def reaction_total(self) -> int:
        """Reactions of all kinds."""
        return sum(one.count for one in self.reactions)

    @property
    def is_forward(self) -> bool:
        """Whether it was written elsewhere."""
        return self.forwarded_from is not None


class TelegramChannel(BaseModel):
    """An export: one channel and its messages."""

    model_config = ConfigDict(extra="allow")

    name: str
    type: str = ""
    id: int
    messages: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    """As they stand in the file: one that cannot be read must not hide the others."""

    @property
    def message_messages(self) -> list[dict[str, Any]]:
        """Those that somebody wrote, without what the channel says of itself."""
        return [one for one in self.messages if one.get("type") == "message"]
