"""What this Loom is told: environment, then `~/.loom/config.yaml`, then defaults. Opens nothing, never shows a key.

The CLI lays its own options over the result with `dataclasses.replace`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loom.core.endpoint_config import EndpointConfig, Secret, TierTarget, secret_from
from loom.core.endpoint_rules import url_fault
from loom.core.errors import ConfigError, Problem
from loom.core.findings import Steps
from loom.core.settings_file import SettingsFile, read_settings_file
from loom.core.worker_config import Tier

__all__ = ["Origin", "Settings", "load_settings"]

_OPENAI_URL = "https://api.openai.com/v1"


class Origin(StrEnum):
    """Where a setting came from."""

    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    config_path: Path
    """The file that was looked for; it need not exist."""

    data_dir: Path
    database_url: str = field(repr=False)
    """May hold a password. When not set: SQLite in the `data_dir` of the moment of loading."""

    endpoints: tuple[EndpointConfig, ...] = ()
    """The first is asked when nothing says which: `DEFAULT_ENDPOINT_URL`, `OPENAI_BASE_URL`, the file's in their
    order, and last OpenAI's own address when only its key is set."""

    tiers: Mapping[Tier, TierTarget] = MappingProxyType({})
    host: str = "127.0.0.1"
    port: int = 8080
    max_concurrent_runs: int = 4
    openai_base_url: str | None = None
    openai_api_key: Secret | None = None
    openai_model: str | None = None
    """The model to ask of the endpoints named `openai` and `default` when none is named."""

    default_endpoint_url: str | None = None
    default_endpoint_key: Secret | None = None
    ollama_url: str | None = None
    ollama_model: str = "llama3.2:3b"
    anthropic_api_key: Secret | None = None
    frontier_model: str = "claude-opus-4-20250514"
    origins: Mapping[str, Origin] = MappingProxyType({})
    """By field; by `endpoints.<name>` for each endpoint."""

    warnings: tuple[Problem, ...] = ()


def load_settings(env: Mapping[str, str] | None = None, config_path: Path | None = None) -> Settings:
    """The settings of `env` and of the file at `config_path`; by default the process's and `~/.loom/config.yaml`.

    A missing file is an empty one.

    Raises:
        ConfigError: naming everything that is wrong in both.
    """
    env = os.environ if env is None else env
    path = config_path or Path.home() / ".loom" / "config.yaml"
    file = read_settings_file(path)
    ...
