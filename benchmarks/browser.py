"""A page in the browser of this machine, headless, from a server that serves one folder."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The page marks its root when it is ready, and when it found that it cannot be.
SETTLED = "html[data-ready], html[data-problem]"
MILLISECONDS = 120_000


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Writes nothing."""


def executable() -> str | None:
    """Returns where the browser is, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serves a folder as `python -m http.server` does, and yields its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def launched() -> Iterator[Any]:
    """Launches the browser, and yields Playwright's handle of it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def settle(page: Any, address: str) -> Any:
    """Opens an address, waits until the explorer there is ready or says why not; returns it."""
    page.goto(address)
    page.wait_for_selector(SETTLED, timeout=MILLISECONDS)
    return page
