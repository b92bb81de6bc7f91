"""What stands around every request."""

from donebook.edge.app import Edge

__all__ = ["Edge"]
