"""What browsers ask for: one file per noun. Each parses, calls one service, renders."""
