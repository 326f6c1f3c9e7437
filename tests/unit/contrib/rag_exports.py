"""Posts of two channels, written for these tests: Persian, Arabic and English."""

from typing import Any

__all__ = ["HARBOUR", "MARKET", "NAMES", "POSTS", "message"]

HARBOUR = 2_200_000_000_001
"""More than 32 bits hold."""

MARKET = 77

POSTS: dict[int, tuple[str, ...]] = {
    HARBOUR: (
        "The river rose after three days of rain. Roads along the harbour are closed.",
        "باران شدید در شمال کشور باعث سیل شد. جاده‌های ساحلی بسته است.",
    ),
    MARKET: (
        "ارتفع سعر الخبز في المدينة اليوم. ينتظر الناس أمام المخابز.",
        "A new library opens in the old customs house on Monday.",
    ),
}
NAMES = {HARBOUR: "Harbour Gazette", MARKET: "سوق المدينة"}


def message(number: int, text: Any, **more: Any) -> dict[str, Any]:
    """As Telegram Desktop writes it; a post an hour."""
    at = str(1_767_225_600 + 3600 * number)
    return {
        "id": number,
        "type": "message",
        "date": "2026-01-01T00:00:00",
        "date_unixtime": at,
        "text": text,
        **more,
    }
