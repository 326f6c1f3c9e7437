"""Live events: over SSE for pages and programs, over WebSocket for programs; both by cursor."""
