"""Outcomes judged as they end: by which scorers, with which calls, to which verdict; knows no scorer by name."""
