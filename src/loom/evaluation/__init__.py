"""Suites, scorers, honest rates and paired comparison; this room never asks a model itself.

What stands here knows no room. Rooms, from what knows least: `statistics`, `scorers`, `comparing`, `scoring`,
`sealed`, `suites`, `running`, `results`, `reports`, `judging`, `records`, `reading`, `retention`.
"""
