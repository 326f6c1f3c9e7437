"""What was sent, read once: drafts, texts, files, answers, ids. Knows no service and renders nothing."""
