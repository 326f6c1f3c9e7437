"""What stands before every route: who may, who asks, from where, and how long anyone waits. Knows no page."""
