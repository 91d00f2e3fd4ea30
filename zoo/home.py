"""Where fetched files are kept, and whether any may be fetched."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from .errors import PresetError

# How long one process waits for another that fetches the same preset.
PATIENCE_SECONDS = 3600.0


def home() -> Path:
    """Returns the folder of the zoo's cache: `zoo` in TFVAE_HOME, or in the user's cache.

    Example:
        >>> home().name
        'zoo'
    """
    chosen = os.environ.get("TFVAE_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute() / "zoo"
    import platformdirs

    return platformdirs.user_cache_path("tfvae", appauthor=False, opinion=False) / "zoo"


def offline() -> bool:
    """Returns whether TFVAE_OFFLINE forbids the network."""
    return os.environ.get("TFVAE_OFFLINE", "").strip().lower() not in ("", "0", "false", "no")


def write(path: Path, content: bytes) -> None:
    """Writes a file of the cache: all of it, or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def note(path: Path, content: bytes) -> None:
    """Writes a file that only saves time later: a cache that cannot be written does no harm."""
    with contextlib.suppress(OSError):
        write(path, content)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Lets one process at a time do what has this name; the lock ends with its process.

    Raises:
        PresetError: if the cache cannot be written, or another process does not come to an end.
    """
    import filelock

    path = home() / "locks" / f"{name}.lock"
    lock = filelock.FileLock(path, timeout=PATIENCE_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise PresetError(
            f"Another process has held {path} for {PATIENCE_SECONDS:,.0f} seconds. End it, and try "
            "again."
        ) from error
    except OSError as error:
        raise unwritable(error) from error
    try:
        yield
    finally:
        lock.release()


def unwritable(error: OSError) -> PresetError:
    """Returns what is said where the cache cannot be written."""
    return PresetError(
        f"The cache {home()} cannot be written ({error.strerror or error}). Make room there, or "
        "name another folder in TFVAE_HOME."
    )
