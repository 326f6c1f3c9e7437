"""The only place that turns settings into concrete objects."""
