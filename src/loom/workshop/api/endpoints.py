"""REST: endpoints to list, add, change, remove and try; the models they have; what tiers lead to."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from loom.calls.book.models import EntryId, Listed
from loom.calls.book.tiers import Mapped, read_target, tier_named
from loom.core.endpoint_config import TierTarget
from loom.core.errors import InputError, ProviderError
from loom.core.ids import parse, text
from loom.core.jsonvalue import Json
from loom.core.money import NANO
from loom.core.worker_config import Tier
from loom.workshop.deps import Asker, Services
from loom.workshop.pages.asked import asked_by
from loom.workshop.pages.format import iso

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["endpoints"])
_MODELS_WAIT_S = 10.0

Name = Annotated[
    str, Path(alias="id", max_length=100, description="Its id, or its name when the settings define it.")
]


Target = Annotated[str | None, Field(max_length=500)]


class PriceIn(BaseModel):
    """USD per million tokens."""

    model_config = ConfigDict(extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(None, ge=0, description="Input tokens that the provider had cached.")


class HeaderIn(BaseModel):
    """Sent beside the key, to this endpoint's address only."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=100)
    value: str | None = Field(
        None, description="`env:NAME`, or the value, kept encrypted and never shown; null: as it is."
    )


class LimitsIn(BaseModel):
    """For each model; null: what the endpoint allows."""

    model_config = ConfigDict(extra="forbid")

    max_concurrent: int | None = Field(None, ge=1)
    requests_per_minute: int | None = Field(None, ge=1)
    tokens_per_minute: int | None = Field(None, ge=1)


class EndpointChange(BaseModel):
    """What shall be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field("", max_length=200, description="How tiers, workers and `--endpoint` call it.")
    url: str = Field("", max_length=2000, description="http or https. Another origin drops the key.")
    kind: Literal["openai", "anthropic", "ollama"] | None = Field(
        None, description="Which API it speaks; null: guessed from the address."
    )
    api_key: str | None = Field(None, description="Kept encrypted and never shown; null: none.")
    api_key_env: str | None = Field(
        None, description="The variable that holds it: `..._API_KEY` or `LLM_...`."
    )
    headers: list[HeaderIn] | None = Field(None, description="All of them; one left out is taken away.")
    models: list[str] | None = Field(None, description="Empty: those that it lists.")
    prices: dict[str, PriceIn] | None = Field(None, description="By model.")
    limits: LimitsIn | None = None
    enabled: bool = True
    base: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="The `revision` that was looked at: refused when it is not the last.",
    )


class NewEndpoint(EndpointChange):
    """An endpoint to be added."""

    label: str = Field(max_length=200, description="How tiers, workers and `--endpoint` call it.")
    url: str = Field(max_length=2000, description="http or https.")


class TiersIn(BaseModel):
    """`endpoint/model`, or an endpoint alone, by tier; null: as the settings say; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    local: Target = None
    standard: Target = None
    frontier: Target = None
    default: Target = Field(None, description="What tiers lead to that are mapped to nothing.")


@router.get("/endpoints")
async def endpoints(services: Services) -> Json:
    """Every endpoint, in the order in which they are asked. Keys are never shown."""
    leads = await services.endpoints.leads()
    return {"items": [_shown(one, leads) for one in await services.endpoint_book.all()], "next": None}


@router.post("/endpoints", status_code=201)
async def add(services: Services, asker: Asker, body: NewEndpoint) -> Json:
    """Add one, without asking it anything; `asked_by` says which tiers lead to it from now on."""
    said = body.model_dump(exclude_unset=True, exclude={"base"})
    one = await services.endpoint_book.add(said, asker)
    return _shown(one, await services.endpoints.leads())


@router.get("/endpoints/{id}")
async def endpoint(services: Services, name: Name) -> Json:
    """One of them."""
    return _shown(await services.endpoint_book.find(name), await services.endpoints.leads())


@router.put("/endpoints/{id}")
async def change(services: Services, asker: Asker, name: Name, body: EndpointChange) -> Json:
    """Change what the body names."""
    said = body.model_dump(exclude_unset=True, exclude={"base"})
    one = await services.endpoint_book.own(name)
    changed = await services.endpoint_book.update(one, said, asker, body.base)
    return _shown(changed, await services.endpoints.leads())


@router.delete("/endpoints/{id}", status_code=204)
async def remove(services: Services, asker: Asker, name: Name) -> None:
    """Take it out of the book; `restore` undoes it for a day."""
    await services.endpoint_book.remove(await services.endpoint_book.own(name), asker)


@router.post("/endpoints/{id}/restore")
async def restore(services: Services, asker: Asker, name: Name) -> Json:
    """Undo its removal."""
    one = await services.endpoint_book.restore(EntryId(parse(name)), asker)
    return _shown(one, await services.endpoints.leads())


@router.post("/endpoints/{id}/test")
async def test(services: Services, name: Name) -> Json:
    """Ask it for its models, once and in bounded time."""
    trial = await services.trials.of(await services.endpoint_book.find(name))
    return {
        "ok": trial.reached,
        "latency_ms": trial.latency_ms,
        "models": list(trial.models),
        "problem": trial.problem,
    }


@router.get("/models")
async def models(services: Services) -> Json:
    """The models of all endpoints: those configured for one, else those that it lists."""
    known = await services.endpoints.all()

    async def of(name: str, configured: tuple[str, ...]) -> tuple[str, tuple[str, ...], str | None]:
        try:
            async with asyncio.timeout(_MODELS_WAIT_S):
                return name, configured or await services.endpoints.models(name), None
        except TimeoutError:
            return name, (), f"did not answer within {_MODELS_WAIT_S:g} s"
        except (InputError, ProviderError) as error:
            return name, (), str(error)

    found = await asyncio.gather(*(of(config.name, config.models) for config in known))
    return {
        "items": [{"endpoint": name, "model": model} for name, listed, _ in found for model in listed],
        "next": None,
        "problems": [{"endpoint": name, "problem": problem} for name, _, problem in found if problem],
    }


@router.get("/tiers")
async def tiers(services: Services) -> Json:
    """What each tier leads to, as `endpoint/model` or `endpoint`; null: the first endpoint, and the model it has."""
    return _tier_map(await services.tiers.all())


@router.put("/tiers")
async def map_tiers(services: Services, asker: Asker, body: TiersIn) -> Json:
    """Have tiers lead elsewhere."""
    said = body.model_dump(exclude_unset=True)
    targets = {tier_named(name): read_target(name, written) for name, written in said.items()}
    return _tier_map(await services.tiers.lead(targets, asker))


def _tier_map(mapped: tuple[Mapped, ...]) -> Json:
    """By tier, and `default`, what it leads to."""
    return {one.name: str(one.target) if one.target else None for one in mapped}


def _shown(one: Listed, leads: Mapping[Tier, TierTarget]) -> Json:
    config, entry = one.config, one.entry
    return {
        "id": text(entry.id) if entry else config.name,
        "label": config.name,
        "url": config.url,
        "kind": str(config.kind),
        "place": str(one.place),
        "enabled": one.enabled,
        "hidden": one.hidden,
        "asked_by": [str(tier) for tier in asked_by(one, leads)],
        "has_key": one.key_source is not None,
        "key_source": one.key_source,
        "key_state": str(one.key),
        "headers": [
            {"name": name, "source": source, "state": str(state)} for name, source, state in one.headers
        ],
        "models": list(config.models),
        "prices": {
            model: {
                "input": price.input / NANO,
                "output": price.output / NANO,
                "cached": None if price.cached is None else price.cached / NANO,
            }
            for model, price in config.prices.items()
        },
        "limits": {
            "max_concurrent": config.limits.max_concurrent,
            "requests_per_minute": config.limits.requests_per_minute,
            "tokens_per_minute": config.limits.tokens_per_minute,
        },
        "revision": entry.revision if entry else None,
        "created_at": iso(entry.created_us) if entry else None,
        "updated_at": iso(entry.changed_us) if entry else None,
    }
