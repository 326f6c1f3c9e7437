"""Which run is better, and whether it may pass: verdicts, leaderboards, gates, baselines; makes no run itself."""
