"""The bundle that a release keeps, unpacked."""

import tarfile
from pathlib import Path


def unpack(version: Path, folder: Path) -> Path:
    """Unpacks the bundle of a release into a new folder, and returns that."""
    with tarfile.open(version / "bundle.tar.xz") as archive:
        # Not there in the first releases of Python 3.11; asked for by later versions of Python.
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder)
    return folder
