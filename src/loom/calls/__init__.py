"""Every model call: cache, then limits with retries, then attempt and reservation, then the wire."""
