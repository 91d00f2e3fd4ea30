"""LiteRT.js, the runtime of the explorer: fetched once by npm, checked, and kept in the cache."""

import base64
import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import ExportError

SECONDS_TO_FETCH = 600


@dataclass(frozen=True)
class Package:
    """A package of npm, of one version, with the files of it that a page needs.

    Args:
        name: its name at npm.
        version: its version.
        integrity: the SHA-512 of its archive in base64, as `npm view` tells it.
        files: where each file goes, by its path in the archive.
    """

    name: str
    version: str
    integrity: str
    files: Mapping[str, str]

    @property
    def archive(self) -> str:
        """The name that `npm pack` gives to the archive."""
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"

    @property
    def specifier(self) -> str:
        """Name and version, as npm takes them."""
        return f"{self.name}@{self.version}"


# Of the four builds of the runtime the one that asks for SIMD alone: the others also need relaxed
# SIMD, whose last bits differ from machine to machine, or threads, which need headers of a server.
PACKAGES = (
    Package(
        "@litertjs/core",
        "2.5.3",
        "PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
        {
            "package/package.json": "core/package.json",
            "package/dist/index.js": "core/index.js",
            "package/wasm/litert_wasm_compat_internal.js": "core/litert_wasm_compat_internal.js",
            "package/wasm/litert_wasm_compat_internal.wasm": (
                "core/litert_wasm_compat_internal.wasm"
            ),
        },
    ),
    Package(
        "@litertjs/wasm-utils",
        "2.5.3",
        "4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
        {
            "package/package.json": "wasm-utils/package.json",
            "package/dist/index.js": "wasm-utils/index.js",
        },
    ),
)


def cache_folder() -> Path:
    """Returns where archives are kept: below TFVAE_HOME, or else the platform's cache of the user.

    Example:
        >>> cache_folder().name
        'litert-js'
    """
    chosen = os.environ.get("TFVAE_HOME")
    if chosen:
        return Path(chosen).expanduser() / "litert-js"
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "tfvae" / "litert-js"


def write_runtime(folder: Path) -> None:
    """Writes the files of LiteRT.js that a page needs, about 10 MB.

    Args:
        folder: where; it is made.

    Raises:
        ExportError: if they are neither in the cache nor to be had from npm, or are not what this
            version of tfvae was made with.
    """
    for package in PACKAGES:
        archive = _archive_of(package)
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            for inside, name in package.files.items():
                content = members.extractfile(inside)
                assert content is not None
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def _archive_of(package: Package) -> bytes:
    """Returns the archive of a package, from the cache if it is there and whole."""
    cached = cache_folder() / package.archive
    with contextlib.suppress(OSError):
        archive = cached.read_bytes()
        if integrity_of(archive) == package.integrity:
            return archive
    archive = _packed_by_npm(package)
    found = integrity_of(archive)
    if found != package.integrity:
        raise ExportError(
            f"What npm fetched as {package.specifier} is not what this version of tfvae was made "
            f"with (SHA-512 {found[:12]}..., not {package.integrity[:12]}...), so it was not used. "
            "Look at the registry that npm is set to (`npm config get registry`)."
        )
    # A cache that cannot be written costs time and nothing else.
    with contextlib.suppress(OSError):
        _keep(archive, cached)
    return archive


def integrity_of(archive: bytes) -> str:
    """Returns the SHA-512 of an archive in base64."""
    return base64.b64encode(hashlib.sha512(archive).digest()).decode()


def _keep(archive: bytes, cached: Path) -> None:
    cached.parent.mkdir(parents=True, exist_ok=True)
    temporary = cached.with_name(f".{cached.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.write_bytes(archive)
        os.replace(temporary, cached)
    finally:
        temporary.unlink(missing_ok=True)


def _packed_by_npm(package: Package) -> bytes:
    """Returns what `npm pack` fetches."""
    npm = shutil.which("npm")
    if npm is None:
        raise ExportError(f"`npm` was not found, which {_what_to_do(package)}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", package.specifier, "--pack-destination", folder, "--silent"]
        command += ["--ignore-scripts", "--fetch-retries=1"]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS_TO_FETCH,
            )
            wrote = done.stderr.strip()
        except subprocess.TimeoutExpired:
            wrote = f"no answer in {SECONDS_TO_FETCH} seconds"
        except OSError as error:
            wrote = str(error)
        archive = Path(folder, package.archive)
        if not archive.is_file():
            last = wrote[-500:] or "nothing; is this machine offline?"
            raise ExportError(f"`npm` wrote: {last}. It {_what_to_do(package)}")
        return archive.read_bytes()


def _what_to_do(package: Package) -> str:
    return (
        f"fetches LiteRT.js ({package.specifier}) once for the web explorer. Install Node.js and "
        f"go online; or run `npm pack {package.specifier}` where both are, and copy "
        f"{package.archive} to {cache_folder()}."
    )
