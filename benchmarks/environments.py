"""Environments of the libraries that tfvae is compared with, made once and kept in `.envs`."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent


def pythae_python(progress: Callable[[str], None] = print) -> Path:
    """The interpreter of pythae's environment, which is made first if it is missing or stale.

    Raises:
        RuntimeError: If the packages cannot be installed.
    """
    return _python("pythae", "pythae 0.1.2", progress)


def scvi_python(progress: Callable[[str], None] = print) -> Path:
    """The interpreter of scvi-tools' environment, which is made first if it is missing or stale.

    Raises:
        RuntimeError: If the packages cannot be installed.
    """
    return _python("scvi", "scvi-tools 1.4.2", progress)


def _python(name: str, title: str, progress: Callable[[str], None]) -> Path:
    """Returns the interpreter of the environment that `NAME-requirements.txt` asks for."""
    requirements = FOLDER / f"{name}-requirements.txt"
    environment = FOLDER / ".envs" / name
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = f"{sys.version_info[:2]} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    marker = environment / "complete"
    if marker.exists() and marker.read_text() == wanted:
        return python
    progress(f"Making the environment of {title} (once; PyTorch is a large download).")
    shutil.rmtree(environment, ignore_errors=True)
    venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(environment)
    command = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
    if subprocess.run(command, check=False).returncode:
        raise RuntimeError(
            f"The environment of {title} could not be made: pip failed, and says why above. "
            "Check the network and pip's configuration, or leave this benchmark out."
        )
    # Written last: an environment without it was cut short, and is made anew.
    marker.write_text(wanted)
    return python
