"""The hosts of presets: any web server, the Hugging Face hub and Kaggle."""

import importlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .cache import Source
from .downloading import fetch_file
from .errors import DownloadError, PresetError, PresetNotFoundError
from .folder import LARGEST_JSON, METADATA
from .home import offline
from .web import check_address, fetch_bytes

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_REPOSITORY = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
_COMMIT = re.compile(r"[0-9a-f]{40}")
# The frameworks of Kaggle's models: https://www.kaggle.com/docs/models
_FRAMEWORKS = {"keras", "tensorFlow1", "tensorFlow2", "tfLite", "tfJs", "jax", "flax", "other"}
DEFAULT_FRAMEWORK = "keras"


class Web:
    """A preset's folder on a web server.

    Args:
        address: the folder's address.
        handle: what the user calls it, if not by its address.
        name: what the preset is called, if not as the folder, or the one above a version.
    """

    def __init__(self, address: str, handle: str | None = None, name: str | None = None) -> None:
        if "?" in address or "#" in address:
            raise PresetError(f"{address!r} is no address of a folder: expected {FORMS['https']}.")
        self.address = check_address(address).rstrip("/") + "/"
        self.handle = handle or self.address
        # In a published zoo the last part is the version.
        parts = [part for part in self.address.split("/") if part and not part.isdecimal()]
        self.name = name or parts[-1]

    def metadata(self) -> bytes:
        """Returns its metadata.json."""
        return fetch_bytes(self.address + METADATA, LARGEST_JSON)

    def fetch(
        self, name: str, path: Path, size: int, sha256: str, advance: Callable[[int], None]
    ) -> None:
        """Fetches one of its files."""
        fetch_file(self.address + name, path, size, sha256, advance)


class HuggingFace:
    """A repository of the Hugging Face hub.

    Args:
        handle: `hf://user/repo`, or `hf://user/repo@revision`.
    """

    def __init__(self, handle: str) -> None:
        repository, at, revision = handle.partition("://")[2].partition("@")
        if not _REPOSITORY.fullmatch(repository) or (at and not revision):
            raise PresetError(f"{handle!r} is no address of the hub: expected {FORMS['hf']}.")
        self.handle, self.repository = handle, repository
        self.name = repository.rpartition("/")[2]
        self.revision = revision or None
        self.library = _library("huggingface_hub", "hf", handle)

    def metadata(self) -> bytes:
        """Returns its metadata.json; what is fetched later is of the same commit."""
        path = self._download(METADATA, LARGEST_JSON)
        # The hub's cache has a folder for each commit.
        self.revision = path.parent.name
        return path.read_bytes()

    def fetch(
        self, name: str, path: Path, size: int, sha256: str, advance: Callable[[int], None]
    ) -> None:
        """Fetches one of its files, through the hub's own cache."""
        _copy(self._download(name, size), path)
        advance(size)

    def _download(self, name: str, most: int) -> Path:
        """Returns a file in the hub's cache, fetched if it is not larger than it may be."""
        hub, where = self.library, (self.repository, name)
        try:
            if not self._is_cached(name):
                address = hub.hf_hub_url(*where, revision=self.revision)
                size = hub.get_hf_file_metadata(address).size
                if size is None or size > most:
                    stated = "no stated size" if size is None else f"{size:,} bytes"
                    raise DownloadError(
                        f"{name} of {self.handle} has {stated}, but {most:,} is the most that it "
                        "may have. It was not fetched."
                    )
            return Path(hub.hf_hub_download(*where, revision=self.revision))
        except PresetError:
            raise
        except Exception as error:
            raise _refused(f"{name} of {self.handle}", error) from error

    def _is_cached(self, name: str) -> bool:
        """Returns whether the hub's cache has a file of the commit that is looked at."""
        if not _COMMIT.fullmatch(self.revision or ""):
            return False
        hub = self.library
        found = hub.try_to_load_from_cache(self.repository, name, revision=self.revision)
        return isinstance(found, str)


class Kaggle:
    """A model of Kaggle's.

    Args:
        handle: `kaggle://user/model/variation` with `/version` or without; or with the framework
            before the variation, as Kaggle and KerasHub write it.
    """

    def __init__(self, handle: str) -> None:
        self.handle, self.path = handle, kaggle_path(handle)
        parts = self.path.split("/")
        self.name = parts[3]
        self.library = _library("kagglehub", "kaggle", handle)

    def metadata(self) -> bytes:
        """Returns its metadata.json; what is fetched later is of the same version."""
        path = self._download(METADATA)
        if self.path.count("/") == 3:
            # Kaggle's cache has a folder for each version.
            self.path += f"/{path.parent.name}"
        if path.stat().st_size > LARGEST_JSON:
            raise DownloadError(f"{METADATA} of {self.handle} is too large.")
        return path.read_bytes()

    def fetch(
        self, name: str, path: Path, size: int, sha256: str, advance: Callable[[int], None]
    ) -> None:
        """Fetches one of its files, through Kaggle's own cache."""
        _copy(self._download(name), path)
        advance(size)

    def _download(self, name: str) -> Path:
        try:
            return Path(self.library.model_download(self.path, path=name))
        except Exception as error:
            raise _refused(f"{name} of {self.handle}", error) from error


FORMS = {
    "https": "https://host/path/",
    "hf": "hf://user/repo or hf://user/repo@revision",
    "kaggle": "kaggle://user/model/variation or kaggle://user/model/variation/version",
}
_HOSTS: dict[str, Callable[[str], Source]] = {
    "https": Web,
    "http": Web,
    "hf": HuggingFace,
    "kaggle": Kaggle,
}


def source_of(handle: str) -> Source | None:
    """Returns where an address leads to, or None if the handle is no address.

    Raises:
        PresetError: if it is the address of no host that is known, or of wrong form.

    Example:
        >>> source_of("gmvae_mnist") is None
        True
        >>> source_of("https://example.org/models/mine").address
        'https://example.org/models/mine/'
    """
    scheme = _SCHEME.match(handle)
    if not scheme:
        return None
    host = _HOSTS.get(scheme[1].lower())
    if host is None:
        raise PresetError(
            f"{handle!r} is an address of a kind that tfvae does not know: expected "
            f"{', '.join(FORMS.values())}."
        )
    return host(handle)


def kaggle_path(handle: str) -> str:
    """Returns a handle as Kaggle writes it, with the framework.

    Example:
        >>> kaggle_path("kaggle://me/gmvae/mnist/2"), kaggle_path("kaggle://me/gmvae/keras/mnist")
        ('me/gmvae/keras/mnist/2', 'me/gmvae/keras/mnist')
    """
    parts = handle.partition("://")[2].split("/")
    if len(parts) > 2 and parts[2] not in _FRAMEWORKS:
        parts.insert(2, DEFAULT_FRAMEWORK)
    plain = all(re.fullmatch(r"[\w-][\w.-]*", part) for part in parts)
    if not plain or len(parts) not in (4, 5) or not "".join(parts[4:] or "1").isdecimal():
        raise PresetError(f"{handle!r} is no address of Kaggle's: expected {FORMS['kaggle']}.")
    return "/".join(parts)


def _library(name: str, extra: str, handle: str) -> Any:
    """Returns an optional library, or says how to get it."""
    if offline():
        # Not needed for what is in the cache, and anything else is not fetched.
        return None
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PresetError(
            f"{handle} needs the package {name}: pip install 'tfvae[{extra}]'"
        ) from error


def _copy(found: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, path)


def _refused(what: str, error: Exception) -> PresetError:
    """Returns an error of a host's library in one line of ours."""
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    # The hub's LocalEntryNotFoundError says that it could not be reached.
    missing = re.search(r"(?<!LocalEntry)NotFound|404", f"{type(error).__name__} {said}")
    kind = PresetNotFoundError if missing else DownloadError
    return kind(f"{what} could not be fetched: {said}")
