"""The one database: opening it, its schema, reading it, and the only place that writes to it."""
