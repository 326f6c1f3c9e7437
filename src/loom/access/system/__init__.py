"""What an administrator sets for all who use this Loom, while it runs."""
