"""By what weights were made: the libraries, and the machine."""

import os
import platform
from importlib import metadata as distributions
from pathlib import Path

_LIBRARIES = ("tfvae", "keras", "tensorflow", "tensorflow-probability")


def versions() -> dict[str, str]:
    """Returns the versions of Python and of the installed libraries."""
    found = {"python_version": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[f"{name.replace('-', '_')}_version"] = distributions.version(name)
        except distributions.PackageNotFoundError:
            # TensorFlow has other names too (tensorflow-cpu): a version less, not an error.
            continue
    return found


def hardware() -> str:
    """Returns the processor and the number of its cores, in a few words."""
    return f"{os.cpu_count()} cores, {_processor()}, no GPU"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
