"""Lists and searches among a million tasks, timed."""
