"""A write endpoint in a thread that answers as scripted: stores, refuses, delays, breaks off, is down."""

import json
import re
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """How one request is answered. ``status`` 204 stores; 0 breaks the connection off."""

    status: int
    retry_after: str = ""
    store: bool = False  # store although the answer says or is something else
    hang_s: float = 0.0


class FlakyInflux:
    """Stores lines by series and time as InfluxDB does. ``script`` is used up first, then everything is stored.

    A request with a line that contains ``poison`` is answered with 400 and nothing of it is stored.
    """

    def __init__(self, script: list[Answer] | None = None, poison: bytes = b"\0") -> None:
        self.script = deque(script or [])
        self.poison = poison
        self.poison_status = 400
        self.poison_message = "unable to parse"
        self.points: dict[tuple[bytes, bytes], bytes] = {}
        self.requests: list[tuple[float, int]] = []  # (monotonic time, lines)
        self.queries: set[str] = set()
        self.lock = threading.Lock()
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, again on the same port after stop()."""
        handler = type("Handler", (_Handler,), {"flaky": self})
        self.server = _Server(("127.0.0.1", self.port), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections and drop the open ones."""
        self.server.shutdown()
        self.server.server_close()
        self.server.drop_connections()

    def answer(self, lines: list[bytes]) -> tuple[Answer, str]:
        """What to answer; stores what is to be stored."""
        with self.lock:
            self.requests.append((time.monotonic(), len(lines)))
            answer, message = Answer(204), ""
            if self.script:
                answer, message = self.script.popleft(), "scripted"
            elif any(self.poison in line for line in lines):
                answer, message = Answer(self.poison_status), self.poison_message.format(lines=len(lines))
            if answer.status == 204 or answer.store:
                for line in lines:
                    head, _, stamp = re.fullmatch(rb"(\S+) (.*) (-?\d+)", line).groups()  # type: ignore[union-attr]
                    self.points[head, stamp] = line
            return answer, message


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.connections: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def drop_connections(self) -> None:
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    flaky: FlakyInflux
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.flaky.queries.add(self.path)
        answer, message = self.flaky.answer(body.rstrip(b"\n").split(b"\n"))
        time.sleep(answer.hang_s)
        if answer.status == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        text = json.dumps({"code": "x", "message": message}).encode() if answer.status != 204 else b""
        with suppress(OSError):
            self.send_response(answer.status)
            if answer.retry_after:
                self.send_header("Retry-After", answer.retry_after)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        pass
