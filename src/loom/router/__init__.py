"""The router's room: so far what it could not hand on, dead letters."""
