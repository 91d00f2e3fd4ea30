"""Fetching over HTTP: with retries, from where a download stopped, and never more than expected."""

import hashlib
import ipaddress
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from .errors import DownloadError, PresetNotFoundError
from .home import offline
from .provenance import versions

ATTEMPTS = 5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30.0
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
# A server that sends less than this in the seconds above has stalled, though it sends something.
STALLED_BYTES = 1024
BLOCK = 2**16
_BRIEFLY = {408, 425, 429}
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class _InterruptedError(Exception):
    """An attempt failed in a way that another may not.

    Args:
        reason: what happened.
        wait: seconds after which the server asks to be tried again.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class _Session(requests.Session):
    """A session that does not follow a redirect to where it may not go."""

    def get_redirect_target(self, response: requests.Response) -> str | None:
        target = super().get_redirect_target(response)
        if target is not None:
            check_address(urljoin(response.url, target))
        return target


def check_address(url: str) -> str:
    """Returns an address if it is one that files are fetched from: https, or http on this machine.

    Raises:
        DownloadError: if it is not.

    Example:
        >>> check_address("http://example.org/zoo/")
        Traceback (most recent call last):
        tfvae.zoo.errors.DownloadError: http://example.org/zoo/ is not fetched: ...
    """
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return url
    if parts.scheme == "http" and _is_this_machine(parts.hostname or ""):
        return url
    raise DownloadError(
        f"{url} is not fetched: what comes over it could be altered on the way. Use an https:// "
        "address (http:// is for servers on this machine)."
    )


def fetch_bytes(url: str, limit: int) -> bytes:
    """Returns a file whose size is not known beforehand.

    Args:
        url: its address.
        limit: the most bytes that it may have.

    Raises:
        PresetNotFoundError: if the server has no such file.
        DownloadError: if it cannot be had, or is larger.
    """

    def receive() -> bytes:
        with _answer(url) as response:
            stated = _stated_length(response)
            if stated is not None and stated > limit:
                raise DownloadError(f"{url} has {stated:,} bytes, and {limit:,} is the most.")
            content = bytearray()
            for block in _blocks(response):
                content += block
                if len(content) > limit:
                    raise DownloadError(f"{url} has more than {limit:,} bytes, the most.")
        if stated is not None and len(content) != stated:
            raise _InterruptedError(f"it ended after {len(content):,} of {stated:,} bytes")
        return bytes(content)

    return _persistently(url, receive, progress=lambda: 0)


def fetch_file(
    url: str, path: Path, size: int, sha256: str, advance: Callable[[int], None] = lambda n: None
) -> None:
    """Fetches a file whose size and digest are known, going on with what is there of it.

    Args:
        url: its address.
        path: where it shall stand; what has arrived stands beside it, with `.part` at the end.
        size: its bytes.
        sha256: its digest, in hexadecimal digits.
        advance: called with the number of bytes that have arrived since the last call, those that
            were there included; less than zero if they are given up.

    Raises:
        PresetNotFoundError: if the server has no such file.
        DownloadError: if it cannot be had, or is not that file. Nothing then stands at the path.
    """
    partial = path.with_name(f"{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    download = _Download(url, partial, size, advance)
    _persistently(url, download.go_on, download.arrived)
    if download.resumed and _digest(partial) != sha256:
        # What was there may have been of another file: that is no fault of the server's.
        download.start_again()
        _persistently(url, download.go_on, download.arrived)
    found = _digest(partial)
    if found != sha256:
        download.start_again()
        raise DownloadError(
            f"{url} is not the file that was published: its sha256 should be {sha256}, but is "
            f"{found}. It was thrown away. Tell whoever runs that host."
        )
    os.replace(partial, path)


class _Download:
    """One file on its way.

    Args:
        url: its address.
        partial: where what arrives is put.
        size: how many bytes it will have.
        advance: is told of bytes that arrive.
    """

    def __init__(self, url: str, partial: Path, size: int, advance: Callable[[int], None]) -> None:
        self.url, self.partial, self.size, self.advance = url, partial, size, advance
        self.resumed = False
        partial.touch()
        advance(self.arrived())

    def arrived(self) -> int:
        """Returns how many bytes are there."""
        return self.partial.stat().st_size

    def start_again(self) -> None:
        """Gives up what is there."""
        self.advance(-self.arrived())
        self.partial.write_bytes(b"")
        self.resumed = False

    def go_on(self) -> None:
        """Fetches what is missing."""
        if self.arrived() > self.size:
            self.start_again()
        if self.arrived() == self.size:
            self.resumed = self.size > 0
            return
        with _answer(self.url, self.arrived()) as response:
            if response.status_code == 416:
                self.start_again()
                raise _InterruptedError("it would not go on where the download had stopped")
            self._check_place(response)
            self._receive(response)
        if self.arrived() < self.size:
            raise _InterruptedError(f"it ended after {self.arrived():,} of {self.size:,} bytes")

    def _check_place(self, response: requests.Response) -> None:
        """Raises unless what comes belongs behind what is there, and completes the file."""
        if response.status_code == 206:
            place = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not place or int(place[1]) != self.arrived():
                self.start_again()
                raise _InterruptedError("it sent another part than was asked for")
            self.resumed = True
        elif self.arrived():
            self.start_again()
        stated = _stated_length(response)
        if stated is not None and self.arrived() + stated != self.size:
            raise self._other_size(f"{self.arrived() + stated:,}")

    def _receive(self, response: requests.Response) -> None:
        with self.partial.open("ab") as file:
            for block in _blocks(response):
                if file.tell() + len(block) > self.size:
                    raise self._other_size("more")
                file.write(block)
                self.advance(len(block))

    def _other_size(self, found: str) -> DownloadError:
        return DownloadError(
            f"{self.url} is not the file that was published: it should have {self.size:,} bytes, "
            f"but has {found}. Tell whoever runs that host."
        )


def _persistently(url: str, receive: Callable[[], Any], progress: Callable[[], int]) -> Any:
    """Returns what `receive` does, tried again after a while as long as that may help."""
    if offline():
        raise DownloadError(
            f"{url} is not in the cache, and TFVAE_OFFLINE forbids fetching it. Unset it, or fetch "
            "the model once while online."
        )
    failures = 0
    while True:
        before = progress()
        try:
            return receive()
        except _InterruptedError as problem:
            # A server that gives a little each time would otherwise be asked for ever.
            failures = 1 if progress() - before >= BLOCK else failures + 1
            if failures >= ATTEMPTS:
                raise DownloadError(
                    f"{url} could not be fetched: {problem}, and so {failures} times. Try again "
                    "later."
                ) from problem
            time.sleep(_wait(failures) if problem.wait is None else problem.wait)


def _wait(failures: int) -> float:
    """Returns the seconds to wait: twice as long each time, and not all clients at once."""
    return min(FIRST_WAIT_SECONDS * 2 ** (failures - 1), LONGEST_WAIT_SECONDS) * random.uniform(
        0.75, 1.25
    )


@contextmanager
def _answer(url: str, start: int = 0) -> Iterator[requests.Response]:
    """Asks for a file from a byte on, and yields the answer while it may be read.

    Raises:
        PresetNotFoundError: if it is not there.
        DownloadError: if it is refused.
        _InterruptedError: if the server or the line fails.
    """
    # Compressed, what comes would have other bytes than those whose number and digest are known.
    headers = {
        "Accept-Encoding": "identity",
        "User-Agent": f"tfvae/{versions().get('tfvae_version', 'unknown')}",
    }
    if start:
        headers["Range"] = f"bytes={start}-"
    check_address(url)
    try:
        with _Session() as session:
            session.max_redirects = 10
            timeout = (CONNECT_SECONDS, READ_SECONDS)
            with session.get(url, headers=headers, stream=True, timeout=timeout) as response:
                _check_status(response, url)
                yield response
    except requests.TooManyRedirects as error:
        raise DownloadError(f"{url} redirects in a circle.") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, TimeoutError) as error:
        raise _InterruptedError(_in_words(error)) from error


def _check_status(response: requests.Response, url: str) -> None:
    status = response.status_code
    if status in (200, 206, 416):
        return
    if status in (404, 410):
        raise PresetNotFoundError(f"There is no {url}: the server answered {status}.")
    if status in _BRIEFLY or status >= 500:
        asked = response.headers.get("Retry-After", "")
        wait = min(float(asked), LONGEST_WAIT_SECONDS) if asked.isdecimal() else None
        raise _InterruptedError(f"the server answered {status}", wait)
    raise DownloadError(
        f"{url} could not be fetched: the server answered {status} {response.reason}."
    )


def _stated_length(response: requests.Response) -> int | None:
    """Returns the number of bytes that the server announces, if it does."""
    coding = response.headers.get("Content-Encoding", "identity")
    if coding != "identity":
        raise DownloadError(
            f"{response.url} comes compressed ({coding}), though the file itself was asked for. "
            "Let that host serve it as it is."
        )
    stated = response.headers.get("Content-Length", "")
    return int(stated) if stated.isdecimal() else None


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """Yields the bytes of an answer as they arrive.

    Raises:
        _InterruptedError: if too few arrive for too long.
    """
    since, received = time.monotonic(), 0
    # `iter_content` waits for whole blocks, however slowly their bytes drip in.
    while block := response.raw.read1(BLOCK):
        received += len(block)
        yield block
        if time.monotonic() - since > READ_SECONDS:
            if received < STALLED_BYTES:
                raise _InterruptedError("it stalled")
            since, received = time.monotonic(), 0


def _in_words(error: Exception) -> str:
    """Returns what went wrong with a connection, in a few words."""
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout | TimeoutError | urllib3.exceptions.TimeoutError):
        return f"nothing came for {READ_SECONDS:g} seconds"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy did not answer"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not to be trusted"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return "the connection broke before all of it had come"


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
