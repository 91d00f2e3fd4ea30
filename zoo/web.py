"""Asking web servers: where that is safe, with patience, and within bounds."""

import ipaddress
import itertools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from .errors import DownloadError, PresetNotFoundError
from .home import offline
from .provenance import versions

# So many that bring nothing in a row, and so many in all.
ATTEMPTS, MOST_ATTEMPTS = 5, 50
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 30.0
CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
# A server that sends less than this in the seconds above has stalled, though it sends something.
STALLED_BYTES = 30_000
BLOCK = 2**16
_BRIEFLY = {408, 425, 429}


class AttemptError(Exception):
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
            address = check_address(urljoin(response.url, target))
            if response.url.startswith("https:") and not address.startswith("https:"):
                # No host elsewhere has anything to ask of the servers on this machine.
                raise DownloadError(f"{response.url} redirects to {address}, which is not fetched.")
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
        with answer(url) as response:
            stated = stated_length(response)
            if stated is not None and stated > limit:
                raise DownloadError(f"{url} has {stated:,} bytes, and {limit:,} is the most.")
            content = bytearray()
            for block in blocks(response):
                content += block
                if len(content) > limit:
                    raise DownloadError(f"{url} has more than {limit:,} bytes, the most.")
        if stated is not None and len(content) != stated:
            raise AttemptError(f"it ended after {len(content):,} of {stated:,} bytes")
        return bytes(content)

    return persistently(url, receive, progress=lambda: 0)


def persistently(url: str, receive: Callable[[], Any], progress: Callable[[], int]) -> Any:
    """Returns what `receive` does, tried again after a while as long as that may help."""
    if offline():
        raise DownloadError(
            f"{url} is not in the cache, and TFVAE_OFFLINE forbids fetching it. Unset it, or fetch "
            "the model once while online."
        )
    failures = 0
    for attempt in itertools.count(1):
        before = progress()
        try:
            return receive()
        except AttemptError as problem:
            # A server that gives a little each time would otherwise be asked for ever.
            failures = 1 if progress() - before >= BLOCK else failures + 1
            if failures >= ATTEMPTS or attempt >= MOST_ATTEMPTS:
                raise DownloadError(
                    f"{url} could not be fetched: {problem}, after {attempt} attempts. Try again "
                    "later."
                ) from problem
            time.sleep(_wait(failures) if problem.wait is None else problem.wait)


def _wait(failures: int) -> float:
    """Returns the seconds to wait: twice as long each time, and not all clients at once."""
    return min(FIRST_WAIT_SECONDS * 2 ** (failures - 1), LONGEST_WAIT_SECONDS) * random.uniform(
        0.75, 1.25
    )


@contextmanager
def answer(url: str, start: int = 0) -> Iterator[requests.Response]:
    """Asks for a file from a byte on, and yields the answer while it may be read.

    Raises:
        PresetNotFoundError: if it is not there.
        DownloadError: if it is refused.
        AttemptError: if the server or the line fails.
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
                _check_status(response, url, {200, 206, 416} if start else {200})
                yield response
    except requests.TooManyRedirects as error:
        raise DownloadError(f"{url} redirects in a circle.") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, TimeoutError) as error:
        raise AttemptError(_in_words(error)) from error


def _check_status(response: requests.Response, url: str, expected: set[int]) -> None:
    """Raises unless a server answers with a status that is expected."""
    status = response.status_code
    if status in expected:
        return
    if status in (404, 410):
        raise PresetNotFoundError(f"There is no {url}: the server answered {status}.")
    if status in _BRIEFLY or status >= 500:
        asked = response.headers.get("Retry-After", "")
        wait = min(float(asked), LONGEST_WAIT_SECONDS) if asked.isdecimal() else None
        raise AttemptError(f"the server answered {status}", wait)
    raise DownloadError(
        f"{url} could not be fetched: the server answered {status} {response.reason}."
    )


def stated_length(response: requests.Response) -> int | None:
    """Returns the number of bytes that the server announces, if it does."""
    coding = response.headers.get("Content-Encoding", "identity")
    if coding != "identity":
        raise DownloadError(
            f"{response.url} comes compressed ({coding}), though the file itself was asked for. "
            "Let that host serve it as it is."
        )
    stated = response.headers.get("Content-Length", "")
    return int(stated) if stated.isdecimal() else None


def blocks(response: requests.Response) -> Iterator[bytes]:
    """Yields the bytes of an answer as they arrive.

    Raises:
        AttemptError: if too few arrive for too long.
    """
    since, received = time.monotonic(), 0
    # `iter_content` waits for whole blocks, however slowly their bytes drip in.
    while block := response.raw.read1(BLOCK):
        received += len(block)
        yield block
        if time.monotonic() - since > READ_SECONDS:
            if received < STALLED_BYTES:
                raise AttemptError("it stalled")
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
