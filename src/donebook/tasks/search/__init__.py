"""Finding tasks by their words."""
