"""The artefacts of the covering models, made once for all tests."""

from pathlib import Path

import keras
import pytest

from tests.export.bundles import GOLDEN, Made, make
from tests.export.models import COVERING, Parts, Shelf, build, shelve
from tests.golden.bundles import unpack


@pytest.fixture(scope="session")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> dict[Parts, Shelf]:
    models = [build(parts) for parts in COVERING]
    shelved = shelve(models, tmp_path_factory.mktemp("shelves"))
    return dict(zip(COVERING, shelved, strict=True))


@pytest.fixture
def shelf(shelves: dict[Parts, Shelf]) -> Shelf:
    """A model with a mixture prior, and its artefacts."""
    return shelves[COVERING[0]]


@pytest.fixture
def plain_shelf(shelves: dict[Parts, Shelf]) -> Shelf:
    """A model with a standard normal prior, and its artefacts."""
    return shelves[COVERING[2]]


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A folder that holds something of somebody else's."""
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    return folder


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A small model and its bundle."""
    keras.utils.set_random_seed(0)
    return make(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle that a release keeps, of a tiny model: there at once, in every precision."""
    return unpack(GOLDEN, tmp_path_factory.mktemp("golden") / "bundle")
