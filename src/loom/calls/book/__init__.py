"""The address book: endpoints that people added while Loom runs, with their keys, beside those of the settings."""
