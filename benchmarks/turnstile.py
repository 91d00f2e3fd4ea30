"""The worker's half of the protocol: one timed turn at a time, when the parent says so.

A worker announces itself, waits for a line on standard input, does one turn (an epoch, say),
reports its seconds, and waits again. A fit stays inside its own loop: a callback passes the
turnstile at the end of each epoch, so that a turn holds everything that the fit does from one
epoch's end to the next one's.
"""

import json
import os
import sys
import time
from typing import Any, TextIO


class Turnstile:
    """Report turns to the parent as JSON lines, and wait for the word between them."""

    def __init__(self) -> None:
        # Libraries may print: the protocol keeps the real standard output to itself.
        self._channel: TextIO = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self._began = self._began_cpu = self._left_cpu = 0.0

    def enter(self, **facts: Any) -> None:
        """Say that the worker is ready, with facts such as versions; return when told to go."""
        self._say({"event": "ready", **facts})
        self._left_cpu = time.process_time()
        self._wait()

    def turn(self, **facts: Any) -> None:
        """End the current turn, report it with `facts`, and return when told to begin the next."""
        now, now_cpu = time.perf_counter(), time.process_time()
        self._say(
            {
                "event": "turn",
                "seconds": now - self._began,
                "cpu_seconds": now_cpu - self._began_cpu,
                "waiting_cpu_seconds": self._began_cpu - self._left_cpu,
                **facts,
            }
        )
        self._left_cpu = time.process_time()
        self._wait()

    def _say(self, message: dict[str, Any]) -> None:
        self._channel.write(json.dumps(message) + "\n")
        self._channel.flush()

    def _wait(self) -> None:
        if not sys.stdin.readline():
            # The parent has all its turns, or is gone: what a fit does afterwards is not wanted.
            sys.exit(0)
        self._began_cpu, self._began = time.process_time(), time.perf_counter()
