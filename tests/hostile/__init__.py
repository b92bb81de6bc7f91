"""What a client can send that no honest one would: nothing of it may stop, trick or slow the server."""
