"""The documented face of pipeline editing on plain dicts. Its rules are those of `loom.catalog.pipelines`."""

from loom.catalog.pipelines.edits import Branch, Edit, Insert, Remove, Swap, applied
from loom.catalog.pipelines.graph import pipeline_graph
from loom.core.config import validate_pipeline_config
from loom.core.errors import UsageError
from loom.core.jsonvalue import Json

__all__ = ["PipelineEditor"]


class PipelineEditor:
    """Every method takes a pipeline as a dict, leaves that as it is, and returns another. None reads a file."""

    @staticmethod
    def get_dependency_graph(config: Json) -> Json:
        """`{"dependencies": {stage: [names]}, "levels": [[names]], "stage_count": n}`.

        Raises:
            ValueError: when stages wait for each other, or cannot be told apart.
        """
        return pipeline_graph(config).to_json()

    @staticmethod
    def insert_stage(
        config: Json, stage_def: Json, after_stage: str | None = None, *, after: str | None = None
    ) -> Json:
        """The pipeline with another stage, behind `after_stage` (also called `after`) or at the end.

        Raises:
            ValueError: when that stage is not found, or the name is taken.
        """
        return _edited(config, Insert(stage_def, after_stage or after))

    @staticmethod
    def remove_stage(config: Json, stage_name: str) -> Json:
        """The pipeline without a stage.

        Raises:
            ValueError: when it is not found, or another depends on it.
        """
        return _edited(config, Remove(stage_name))

    @staticmethod
    def swap_worker(
        config: Json,
        stage_name: str,
        new_worker_type: str = "",
        new_tier: str | None = None,
        *,
        new_type: str = "",
    ) -> Json:
        """The pipeline with another worker (`new_type` is another name of it) in a stage.

        A new tier stands under `tier`, which counts, and under `model_tier`, its name in Loom 0.9.

        Raises:
            ValueError: when the stage is not found, or no worker is given.
        """
        worker = new_worker_type or new_type
        if not worker:
            raise ValueError("new_worker_type is missing")
        result = _edited(config, Swap(stage_name, worker, new_tier))
        for stage in result["pipeline_stages"] if new_tier else ():
            if stage.get("name") == stage_name:
                stage["tier"] = stage["model_tier"] = new_tier
        return result

    @staticmethod
    def add_parallel_branch(config: Json, stage_def: Json) -> Json:
        """The pipeline with a stage that reads from the goal only.

        Raises:
            ValueError: when it reads from a stage (it cannot depend on one), or the name is taken.
        """
        return _edited(config, Branch(stage_def))

    @staticmethod
    def validate(config: Json) -> list[str]:
        """What is wrong with the pipeline, circles among its stages included; empty when nothing is."""
        return validate_pipeline_config(config)


def _edited(config: Json, edit: Edit) -> Json:
    try:
        return applied(config, edit)
    except UsageError as error:
        raise ValueError(str(error)) from None
