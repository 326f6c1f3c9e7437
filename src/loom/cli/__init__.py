"""The terminal: parses, calls one service, shows what came of it."""
