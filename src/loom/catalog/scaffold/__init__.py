"""New definitions from a few answers: the YAML of workers and pipelines, with comments. Asks nobody."""
