"""A server of chat completions in a thread, which says what a test has scripted."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What the server does with a request.

    Args:
        body: sent as JSON; bytes as they are.
        status: of HTTP.
        headers: beside those of the content.
        wait_seconds: before anything is sent.
        drip_seconds: between the bytes of the body; 0 sends it at once.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_seconds: float = 0.0
    drip_seconds: float = 0.0


Say = Reply | Callable[[dict[str, Any], int], Reply]
"""One reply to all requests, or what takes the JSON of a request and how many came before it."""


@dataclass
class ChatServer:
    """Its address, and what was asked of it: headers and JSON bodies in the order that they came."""

    base_url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


def complete(content: str | None = None, *calls: tuple[str, Any], finish: str = "stop", **more: Any) -> dict[str, Any]:
    """Make a chat completion with words, and calls of (name, text of the arguments)."""
    functions = [
        {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": content} | ({"tool_calls": functions} if functions else {})
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish, **more}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7},
    }


@contextmanager
def serve(say: Say) -> Iterator[ChatServer]:
    """Serve on a free port of this machine."""
    server = ChatServer()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(server.bodies)
                server.bodies.append(body)
                server.headers.append(dict(self.headers))
                server.paths.append(self.path)
                server.at_once += 1
                server.most_at_once = max(server.most_at_once, server.at_once)
            try:
                self.send(say if isinstance(say, Reply) else say(body, number))
            except OSError:  # who asked has left
                self.close_connection = True
            finally:
                with lock:
                    server.at_once -= 1

        def send(self, reply: Reply) -> None:
            time.sleep(reply.wait_seconds)
            payload = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            pieces = [payload[place : place + 1] for place in range(len(payload))] if reply.drip_seconds else [payload]
            for piece in pieces:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(reply.drip_seconds)

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    server.base_url = f"http://127.0.0.1:{httpd.server_port}/v1"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
