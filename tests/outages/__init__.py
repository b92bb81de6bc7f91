"""What Donebook does while its database, or the way to it, is in trouble."""
