"""The order in which the files of `static/css/` follow each other in the one stylesheet that pages load."""

__all__ = ["ORDER"]

ORDER = (
    "tokens.css",
    "base.css",
    "layout.css",
    "shell.css",
    "actions.css",
    "badges.css",
    "forms.css",
    "choices.css",
    "editor.css",
    "figures.css",
    "charts.css",
    "tables.css",
    "diff.css",
    "code.css",
    "folds.css",
    "transcript.css",
    "progress.css",
    "feedback.css",
    "graph.css",
    "preferences.css",
)
