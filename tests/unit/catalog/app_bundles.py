"""ZIPs that hold an app, or something that looks like one."""

import io
import zipfile
from pathlib import Path

MANIFEST = """name: helpdesk
version: "1.2.0"
description: Answers tickets
entry_configs:
  workers: [{config: configs/workers/triage.yaml}]
"""
WORKER = "name: triage\nsystem_prompt: Sort.\n"
FILES = {"manifest.yaml": MANIFEST, "configs/workers/triage.yaml": WORKER}


def packed(files: dict[str, str | bytes] | None = None, **more: str | bytes) -> bytes:
    """A ZIP of `files`; `more` are files at its top."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**(FILES if files is None else files), **more}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def bundle(place: Path, files: dict[str, str | bytes] | None = None, **more: str | bytes) -> Path:
    """The same as a file."""
    place.write_bytes(packed(files, **more))
    return place


def with_entry(place: Path, entry: zipfile.ZipInfo, content: bytes = b"x") -> Path:
    """A bundle with one more entry, just as it is described."""
    with zipfile.ZipFile(bundle(place), "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(entry, content)
    return place
