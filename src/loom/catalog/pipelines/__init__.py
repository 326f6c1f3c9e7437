"""Pipelines as people change them: their graph, and their stages, edited in the text that the user wrote."""
