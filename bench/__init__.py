"""Loom's hot paths, each measured beside a peer or a limit in the same run. `python -m bench --help` lists them."""
