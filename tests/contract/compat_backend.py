"""A model of a script's own, as Loom 0.9 asked for one."""

from loom.core.jsonvalue import Json
from loom.worker.backends import LLMBackend

__all__ = ["Says"]


class Says(LLMBackend):
    """Gives one response after the other, the last for ever; an exception is raised."""

    model = "parrot"

    def __init__(self, *responses: str | Json | Exception | None) -> None:
        self.responses = list(responses)
        self.asked: list[Json] = []

    async def complete(
        self, system_prompt, user_message, max_tokens=2000, temperature=0.0, *, tools=None, messages=None
    ):
        self.asked.append(
            {"system": system_prompt, "user": user_message, "messages": messages, "tools": tools}
        )
        said = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(said, Exception):
            raise said
        answer = said if isinstance(said, dict) else {"content": said}
        return {"model": "parrot-1", "prompt_tokens": 3, "completion_tokens": 4, "tool_calls": None, **answer}
