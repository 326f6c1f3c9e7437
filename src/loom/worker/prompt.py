"""Writes what a model is given: system text once for a worker, user text once for a case. Calls nothing."""

from loom.core.errors import ConfigError, ContractError
from loom.core.jsonvalue import Json, pretty
from loom.core.reach import FileRefusedError, require_readable
from loom.core.worker_config import WorkerConfig
from loom.core.workspace import WorkspaceManager
from loom.worker import strict
from loom.worker.knowledge import examples_text, silos_text, sources_text

__all__ = ["estimated_tokens", "require_workspace", "system_text", "user_text", "with_files"]

_BYTES_PER_TOKEN = 4
_LARGEST_FILE = 16_000_000


def system_text(config: WorkerConfig) -> str:
    """Knowledge sources, folder silos, system prompt and examples, separated by blank lines.

    Raises:
        ConfigError: when knowledge cannot be read.
    """
    parts = (
        sources_text(config.knowledge_sources),
        silos_text(config.knowledge_silos),
        config.system_prompt,
        examples_text(config.few_shot) if config.few_shot else "",
    )
    return "\n\n".join(filter(None, parts))


def user_text(payload: Json) -> str:
    """The payload as the model reads it."""
    return pretty(payload)


def require_workspace(fields: tuple[str, ...], workspace_dir: str | None) -> None:
    """Before a worker is executed that reads the files which `fields` of its input name.

    Raises:
        ConfigError: when others may not have that folder read.
    """
    if not fields or workspace_dir is None:
        return
    try:
        require_readable(workspace_dir)
    except FileRefusedError as error:
        raise ConfigError(error.problem("workspace_dir")) from None


def with_files(payload: Json, fields: tuple[str, ...], workspace_dir: str) -> Json:
    """`payload` and, for each of `fields` it has, `{field}_content`: the JSON in the workspace file it names.

    Raises:
        ContractError: naming every file that cannot be read.
    """
    workspace = WorkspaceManager(workspace_dir)
    contents: Json = {}
    problems: list[str] = []
    for field in fields:
        if payload.get(field) is None:
            continue
        try:
            contents[f"{field}_content"] = strict.read(workspace.read_text(payload[field], _LARGEST_FILE))
        except (OSError, ValueError, TypeError) as error:
            problems.append(f"input.{field}: the file cannot be read: {error}")
    if problems:
        raise ContractError(problems)
    return {**payload, **contents}


def estimated_tokens(*texts: str) -> int:
    """About how many tokens `texts` are: a quarter of their bytes, which needs no vocabulary."""
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) // _BYTES_PER_TOKEN + 1
