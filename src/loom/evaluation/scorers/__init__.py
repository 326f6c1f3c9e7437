"""Scorers: versioned functions from an output to [0, 1]; they do not know how or why they are run."""

from loom.evaluation.scorers.base import ConfiguredScorer, ScoreInput, Scorer, ScoreResult
from loom.evaluation.scorers.registry import make_scorer, scorer_names

__all__ = ["ConfiguredScorer", "ScoreInput", "ScoreResult", "Scorer", "make_scorer", "scorer_names"]
