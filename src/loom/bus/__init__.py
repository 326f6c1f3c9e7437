"""The bus: messages between processes, by subject. Knows nothing of what they are about."""
