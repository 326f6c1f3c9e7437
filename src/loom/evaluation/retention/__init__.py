"""What is let go of when it is old: tests and runs, with all that belongs to nothing else."""
