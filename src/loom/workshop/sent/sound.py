"""JSON that is sent is held to what files are held to: no key twice, no NaN, no half characters."""

from typing import cast

from starlette.requests import HTTPConnection, Request

from loom.core.errors import Problem, UsageError
from loom.core.jsonvalue import Json, JsonValue
from loom.core.sound_json import refuse_unsound
from loom.evaluation.json_text import parse_json

__all__ = ["only_sound"]


async def only_sound(connection: HTTPConnection) -> None:
    """Look at the JSON body of a request; any other is passed over.

    Raises:
        UsageError: saying what is wrong with it, and where.
    """
    kind = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not isinstance(connection, Request) or not (kind == "application/json" or kind.endswith("+json")):
        return
    content = await connection.body()
    if not content:
        return
    try:
        value: JsonValue = await connection.json()
    except (ValueError, RecursionError):
        return  # whoever wants a body has refused it; nobody else looks at it
    fields = cast("Json", value) if isinstance(value, dict) else {"body": value}
    refuse_unsound(dict.fromkeys(fields), "the body")
    for field, item in fields.items():
        refuse_unsound(item, field)
    try:
        parse_json(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 text: byte {error.start + 1} is {content[error.start]:#04x}"
        raise UsageError(Problem(what, "body", remedy="send it as UTF-8")) from None
    except ValueError as error:
        raise UsageError(Problem(f"is not sound JSON: {error}", "body", remedy="correct it")) from None
