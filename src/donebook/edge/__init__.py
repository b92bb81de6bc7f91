"""What stands around every request."""

from donebook.edge.app import Edge, allowed, new_request_id

__all__ = ["Edge", "allowed", "new_request_id"]
