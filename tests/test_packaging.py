"""pyproject.toml, the lock and the folders tell the same story."""

import ast
import re
import sys
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOMS = {"tfvae": "tfvae", "zoo": "tfvae.zoo", "export": "tfvae.export", "cli": "tfvae_cli"}
PYTHONS = ["3.11", "3.12", "3.13"]
# Those that bring a library which some users do without.
EXTRAS = ("export", "hf", "kaggle", "molecules", "parquet")

# What an import is called, where it differs from what installs it.
INSTALLED_BY = {"markdown_it": "markdown-it-py", "sklearn": "scikit-learn"}


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def pins(lock: Path, python: str) -> dict[str, Version]:
    """The versions that a lock installs on one version of Python."""
    environment = {**default_environment(), "python_full_version": f"{python}.1"}
    found = {}
    for line in re.findall(r"^[a-zA-Z0-9].*?(?= \\$)", lock.read_text("utf-8"), re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (specifier,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = Version(specifier.version)
    return found


def top_level_imports(text: str) -> set[str]:
    """The first part of every module that a file imports by an absolute name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_every_folder_of_python_files_is_installed(
    pyproject: dict[str, Any], sources: dict[str, str]
) -> None:
    folders = {PurePosixPath(path).parent for path in sources}
    rooms = {folder for folder in folders if folder.parts[0] in ROOMS}
    expected = {".".join([ROOMS[room.parts[0]], *room.parts[1:]]) for room in rooms}
    assert set(pyproject["tool"]["setuptools"]["packages"]) == expected


def test_what_is_no_python_file_is_installed(pyproject: dict[str, Any], root: Path) -> None:
    patterns = pyproject["tool"]["setuptools"]["package-data"]["tfvae.export"]
    packed = {path for pattern in patterns for path in (root / "export").glob(pattern)}
    files = {path for path in (root / "export").rglob("*.*") if path.is_file()}
    wanted = {path for path in files if path.suffix not in (".py", ".pyc")}
    assert len(wanted) > 10
    assert wanted <= packed


def test_the_zoo_is_installed_whole(pyproject: dict[str, Any], root: Path) -> None:
    patterns = pyproject["tool"]["setuptools"]["package-data"]["tfvae.zoo"]
    packed = {path for pattern in patterns for path in (root / "zoo").glob(pattern)}
    files = {path for path in (root / "zoo").rglob("*.*") if path.is_file()}
    wanted = {path for path in files if path.suffix not in (".py", ".pyc")}
    assert root / "zoo" / "registry.json" in wanted
    assert wanted <= packed
    # What a wheel may weigh with all its presets.
    assert sum(path.stat().st_size for path in wanted) < 50e6


def names_of(requirements: list[str]) -> set[str]:
    """The packages that requirements are for."""
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def test_what_is_imported_is_declared(pyproject: dict[str, Any], sources: dict[str, str]) -> None:
    extras = pyproject["project"]["optional-dependencies"]
    declared = names_of(pyproject["project"]["dependencies"]) | names_of(extras["export"])
    ours = {"tfvae", "tfvae_cli"}
    imported = {
        name
        for path, text in sources.items()
        if path.split("/")[0] in ROOMS
        for name in top_level_imports(text) - ours - sys.stdlib_module_names
    }
    assert {INSTALLED_BY.get(name, canonicalize_name(name)) for name in imported} <= declared


def test_what_an_extra_brings_is_imported_when_it_is_used(
    pyproject: dict[str, Any], sources: dict[str, str]
) -> None:
    extras = pyproject["project"]["optional-dependencies"]
    optional = {name for extra in EXTRAS for name in names_of(extras[extra])}
    assert len(optional) == len(EXTRAS)
    at_once = {
        canonicalize_name(name)
        for path, text in sources.items()
        if path.split("/")[0] in ROOMS
        for node in ast.parse(text).body
        for name in top_level_imports(ast.unparse(node))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert not at_once & optional


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", ["runtime", "dev"])
def test_the_lock_satisfies_every_bound(
    root: Path, pyproject: dict[str, Any], lock: str, python: str
) -> None:
    installed = pins(root / "requirements" / f"{lock}.txt", python)
    wanted = list(pyproject["project"]["dependencies"])
    if lock == "dev":
        extras = pyproject["project"]["optional-dependencies"]
        wanted += [line for extra in extras.values() for line in extra]
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(installed[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("python", PYTHONS)
def test_the_two_locks_agree(root: Path, python: str) -> None:
    runtime = pins(root / "requirements/runtime.txt", python)
    dev = pins(root / "requirements/dev.txt", python)
    assert runtime == {name: dev[name] for name in runtime}
    assert "pytest" in dev
    assert "pytest" not in runtime


@pytest.mark.parametrize("lock", ["runtime", "dev"])
def test_the_lock_is_hashed_and_names_no_address(root: Path, lock: str) -> None:
    text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    packages = re.split(r"\n(?=[a-z])", text)[1:]
    assert packages
    assert [entry.split()[0] for entry in packages if "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://\S+|--\S*index\S*|--find-links\S*| @ \S+", text) == []


def test_the_version_is_said_once(pyproject: dict[str, Any]) -> None:
    import tfvae

    assert tfvae.__version__ == pyproject["project"]["version"]
