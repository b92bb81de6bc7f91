"""What stands around every request."""

from donebook.edge.app import Edge, new_request_id

__all__ = ["Edge", "new_request_id"]
