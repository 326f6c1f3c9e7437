"""The door for browsers and REST: pages, forms, live events, `/api/v1`. Parses, calls one service, renders."""
