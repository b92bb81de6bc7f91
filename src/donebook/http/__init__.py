"""Connections: what a client may send, how long it may take, and how answers are written."""
