"""What was sent, read once: drafts, texts, files, fields, ids. Renders nothing."""
