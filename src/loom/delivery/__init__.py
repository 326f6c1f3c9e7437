"""What happened, in order, for whoever wants to follow: the outbox of events and its cursors."""
