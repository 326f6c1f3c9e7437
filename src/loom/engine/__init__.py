"""Jobs, runs and executions: claimed, carried out, steered, resumed. Knows nothing of scores or pages."""
