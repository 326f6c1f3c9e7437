"""Exports of channels."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rag_exports import HARBOUR, NAMES, POSTS, message


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Writes the export of a channel; by default with its posts from above."""

    def write(channel: int = HARBOUR, messages: list[dict[str, Any]] | None = None) -> Path:
        if messages is None:
            messages = [message(number, text) for number, text in enumerate(POSTS[channel])]
        told = {"name": NAMES[channel], "type": "public_channel", "id": channel, "messages": messages}
        path = tmp_path / f"export-{channel}.json"
        path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        return path

    return write
