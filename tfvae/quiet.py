"""Importing TensorFlow without the pages that it writes to standard error when it starts."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Keeps what TensorFlow's libraries write while they load, and shows it if loading fails.

    TensorFlow 2.21 logs to the file descriptor itself before any setting of the log level is read.
    Set TF_CPP_MIN_LOG_LEVEL to see it all.
    """
    if "tensorflow" in sys.modules or "TF_CPP_MIN_LOG_LEVEL" in os.environ:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    with tempfile.TemporaryFile() as kept:
        original = os.dup(2)
        os.dup2(kept.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            os.dup2(original, 2)
            os.close(original)
            if failed:
                kept.seek(0)
                os.write(2, kept.read())
