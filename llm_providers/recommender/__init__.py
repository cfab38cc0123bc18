"""Which provider and which model to take for a task."""
