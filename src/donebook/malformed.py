"""What is answered to bytes that are not HTTP, before there is a request to route."""

from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from donebook.problems import BadRequest, document


class Protocol(HttpToolsProtocol):
    """uvicorn's, with a problem document where it would send plain text."""

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong and close the connection."""
        request_id = uuid4().hex
        body = document(BadRequest(msg.strip().rstrip(".")), request_id)
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\n"
            "cache-control: no-store\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
