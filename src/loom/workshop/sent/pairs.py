"""The fields of a form whose names are not known beforehand."""

from starlette.requests import Request

__all__ = ["sent_pairs", "sent_values"]

_MOST_FIELDS = 500


async def sent_pairs(request: Request) -> tuple[tuple[str, str], ...]:
    """Name and text of every field, in order; files are refused."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
        return tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))


async def sent_values(request: Request) -> dict[str, str]:
    """The text of every field by its name; of fields of one name the last."""
    return dict(await sent_pairs(request))
