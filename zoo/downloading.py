"""Fetching a file over HTTP: from where it stopped, never more than expected, and checked."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import requests

from .errors import DownloadError
from .folder import file_entry
from .web import AttemptError, answer, blocks, persistently, stated_length

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


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
    persistently(url, download.go_on, download.arrived)
    if download.resumed and file_entry(partial)["sha256"] != sha256:
        # What was there may have been of another file: that is no fault of the server's.
        download.start_again()
        persistently(url, download.go_on, download.arrived)
    found = file_entry(partial)["sha256"]
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
        with answer(self.url, self.arrived()) as response:
            if response.status_code == 416:
                self.start_again()
                raise AttemptError("it would not go on where the download had stopped")
            self._check_place(response)
            self._receive(response)
        if self.arrived() < self.size:
            raise AttemptError(f"it ended after {self.arrived():,} of {self.size:,} bytes")

    def _check_place(self, response: requests.Response) -> None:
        """Raises unless what comes belongs behind what is there, and completes the file."""
        if response.status_code == 206:
            place = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not place or int(place[1]) != self.arrived():
                self.start_again()
                raise AttemptError("it sent another part than was asked for")
            self.resumed = True
        elif self.arrived():
            self.start_again()
        stated = stated_length(response)
        if stated is not None and self.arrived() + stated != self.size:
            raise self._other_size(f"{self.arrived() + stated:,}")

    def _receive(self, response: requests.Response) -> None:
        with self.partial.open("ab") as file:
            for block in blocks(response):
                if file.tell() + len(block) > self.size:
                    raise self._other_size("more")
                file.write(block)
                self.advance(len(block))

    def _other_size(self, found: str) -> DownloadError:
        return DownloadError(
            f"{self.url} is not the file that was published: it should have {self.size:,} bytes, "
            f"but has {found}. Tell whoever runs that host."
        )
