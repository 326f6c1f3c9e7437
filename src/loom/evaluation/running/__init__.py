"""Evaluations carried out: asked for, estimated, worked through, followed; knows nothing of what a run came to."""
