"""A post, whatever it was written on, and what is known of the channel it comes from."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ChannelBias", "ChannelEditorProfile", "Language", "NormalizedPost"]


class Language(StrEnum):
    """What a text is written in, as far as its letters tell."""

    PERSIAN = "fa"
    ARABIC = "ar"
    ENGLISH = "en"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class ChannelBias(StrEnum):
    """Where a channel stands, in the eyes of whoever keeps the registry."""

    STATE_MEDIA = "state_media"
    STATE_ALIGNED = "state_aligned"
    INDEPENDENT = "independent"
    OPPOSITION = "opposition"
    FACT_CHECK = "fact_check"
    NEUTRAL = "neutral"
    EDUCATIONAL = "educational"
    UNKNOWN = "unknown"


class ChannelEditorProfile(BaseModel):
    """What an editor says of a channel."""

    model_config = ConfigDict(extra="allow")

    channel_id: int
    channel_name: str
    channel_handle: str | None = None
    bias: ChannelBias = ChannelBias.UNKNOWN
    trust_weight: float = Field(default=0.5, ge=0, le=1)
    language: Language = Language.UNKNOWN
    description: str = ""


class NormalizedPost(BaseModel):
    """A post, cleaned."""

    model_config = ConfigDict(extra="allow")

    global_id: str
    """`{channel}:{message}`."""

    source_channel_id: int
    source_channel_name: str
    message_id: int
    timestamp: datetime
    """With a time zone."""

    timestamp_unix: int = 0
    text_raw: str = ""
    text_clean: str = ""
    text_rtl: bool = True
    language: Language = Language.UNKNOWN
    links: list[str] = Field(default_factory=list[str])
    hashtags: list[str] = Field(default_factory=list[str])
    mentions: list[str] = Field(default_factory=list[str])
    has_media: bool = False
    has_photo: bool = False
    media_type: str | None = None
    is_forward: bool = False
    forwarded_from: str | None = None
    reply_to_id: int | None = None
    reaction_total: int = 0
    reaction_breakdown: dict[str, int] = Field(default_factory=dict[str, int])
    was_edited: bool = False
    word_count: int = 0

    @property
    def channel_id(self) -> int:
        """The channel, as windows ask for it."""
        return self.source_channel_id
