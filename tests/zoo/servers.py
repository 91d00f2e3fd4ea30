"""A real HTTP server on this machine that can be told to misbehave."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# What a server does with one request in place of serving the file; True if that was all of it.
Fault = Callable[["Handler", bytes], bool]


class Host:
    """Serves a folder, ranges too, and lets each file's next requests go wrong.

    Args:
        folder: what it serves.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[tuple[str, str | None]] = []
        self.headers: list[dict[str, str]] = []
        self.address = ""

    def fail(self, path: str, *faults: Fault) -> None:
        """Lets the next requests of a file meet these faults, one each."""
        self.faults[path] = list(faults)

    def count(self) -> Counter[str]:
        """How often each file was asked for."""
        return Counter(path for path, _ in self.requests)


class Handler(BaseHTTPRequestHandler):
    """Answers requests as its server's host says."""

    protocol_version = "HTTP/1.1"
    host: Host

    def do_GET(self) -> None:
        # A proxy is asked for whole addresses.
        path = re.sub(r"^https?://[^/]+", "", self.path).lstrip("/")
        self.host.requests.append((path, self.headers.get("Range")))
        self.host.headers.append(dict(self.headers))
        file = self.host.folder / path
        content = file.read_bytes() if file.is_file() else None
        faults = self.host.faults.get(path)
        if faults and faults.pop(0)(self, content or b""):
            return
        if content is None:
            self.answer(404, b"nothing here")
        else:
            self.serve(content)

    def serve(self, content: bytes) -> None:
        """Serves the part of a file that was asked for."""
        start = int(re.sub(r"\D", "", self.headers.get("Range", "0")) or 0)
        if start and start >= len(content):
            self.answer(416, b"")
        elif start:
            place = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self.answer(206, content[start:], {"Content-Range": place})
        else:
            self.answer(200, content)

    def answer(
        self, status: int, content: bytes, headers: dict[str, str] | None = None, length: Any = None
    ) -> None:
        """Sends an answer; the length that it states may be a lie."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        stated = len(content) if length is None else length
        self.send_header("Content-Length", str(stated))
        self.end_headers()
        self.wfile.write(content)
        if stated != len(content):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Writes nothing."""


@contextmanager
def hosted(folder: Path) -> Iterator[Host]:
    """Serves a folder on this machine while the block runs."""
    host = Host(folder)
    handler = type("HandlerOfHost", (Handler,), {"host": host})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        host.address = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


def status(code: int, headers: dict[str, str] | None = None) -> Fault:
    """Answers with a status alone."""

    def fault(handler: Handler, content: bytes) -> bool:
        handler.answer(code, b"", headers)
        return True

    return fault


def truncates(fraction: float = 0.5) -> Fault:
    """States the whole length, sends a part of it and closes the connection."""

    def fault(handler: Handler, content: bytes) -> bool:
        start = int(re.sub(r"\D", "", handler.headers.get("Range", "0")) or 0)
        rest = content[start:]
        place = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        sent = rest[: int(len(rest) * fraction)]
        handler.answer(206 if start else 200, sent, place if start else None, len(rest))
        return True

    return fault


def stalls(seconds: float) -> Fault:
    """Sends a little, then nothing."""

    def fault(handler: Handler, content: bytes) -> bool:
        handler.answer(200, content[:10], length=len(content))
        threading.Event().wait(seconds)
        return True

    return fault


def drips(seconds: float) -> Fault:
    """Sends a byte at a time for so long: never silent, never done."""

    def fault(handler: Handler, content: bytes) -> bool:
        handler.answer(200, b"", length=len(content))
        for place in range(int(seconds / 0.02)):
            try:
                handler.wfile.write(content[place : place + 1])
            except OSError:
                break
            threading.Event().wait(0.02)
        return True

    return fault


def states(length: int) -> Fault:
    """Serves the file under a wrong length."""

    def fault(handler: Handler, content: bytes) -> bool:
        handler.answer(200, content, length=length)
        return True

    return fault


def alters(handler: Handler, content: bytes) -> bool:
    """Serves the file with one byte changed."""
    handler.serve(content[:-1] + bytes([content[-1] ^ 1]))
    return True


def ignores_ranges(handler: Handler, content: bytes) -> bool:
    """Serves the whole file whatever part was asked for."""
    handler.answer(200, content)
    return True


def wrong_part(handler: Handler, content: bytes) -> bool:
    """Answers with another part than was asked for."""
    handler.answer(
        206, content[1:], {"Content-Range": f"bytes 1-{len(content) - 1}/{len(content)}"}
    )
    return True


def endless(handler: Handler, content: bytes) -> bool:
    """Sends more and more, in chunks, without stating a length."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    try:
        for _ in range(1000):
            handler.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
    except OSError:
        pass
    handler.close_connection = True
    return True


def in_chunks(handler: Handler, content: bytes) -> bool:
    """Serves the file in chunks, without stating a length."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(content), 700):
        chunk = content[start : start + 700]
        handler.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")
    return True


def hangs_up(handler: Handler, content: bytes) -> bool:
    """Closes the connection without an answer."""
    handler.close_connection = True
    return True


def compresses(handler: Handler, content: bytes) -> bool:
    """Says that it compressed what it sends."""
    handler.answer(200, content, {"Content-Encoding": "gzip"})
    return True
