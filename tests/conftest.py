"""What every test starts from: quiet libraries, a seed, and no file of the user."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Read once, when the libraries are imported: so they are set before any test module is.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["MPLBACKEND"] = "Agg"
# Rich reads it when its console is made: tables keep their lines in every order of tests.
os.environ["COLUMNS"] = "200"
# A keras.json in the user's home may choose another float type or another image layout.
KERAS_HOME = tempfile.TemporaryDirectory(prefix="tfvae-tests-keras-")
os.environ["KERAS_HOME"] = KERAS_HOME.name
# Nor may another zoo than the bundled one be looked at, unless a test says so.
for name in ("TFVAE_OFFLINE", "TFVAE_ZOO_URL"):
    os.environ.pop(name, None)

SEED = 20_160
ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef) -> None:
    """Seed what a module or a session shares: it is made before any test's own seed is set."""
    import keras

    if fixturedef.scope != "function":
        keras.utils.set_random_seed(SEED)


@pytest.fixture(autouse=True)
def _seeded_and_clean() -> Iterator[None]:
    import keras

    keras.utils.set_random_seed(SEED)
    yield
    # One test's precision policy must not reach the next test.
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout that the tests belong to."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> dict[str, str]:
    """Text of each Python file of ours, by its path relative to the checkout."""
    rooms = ["tfvae", "zoo", "export", "cli", "tests", "benchmarks"]
    files = sorted(file for room in rooms for file in (ROOT / room).rglob("*.py"))
    names = [file.relative_to(ROOT) for file in files]
    # Hidden folders hold the environments of the benchmarks.
    ours = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    return {name.as_posix(): (ROOT / name).read_text(encoding="utf-8") for name in ours}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring together the conformance tests of each variant, which is trained once for all of them.

    Where there are several workers, one of them takes them all; and so it does with other files.
    """
    places = [place for place, item in enumerate(items) if _variant(item)]
    by_variant = sorted((items[place] for place in places), key=_variant)
    for place, item in zip(places, by_variant, strict=True):
        items[place] = item
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            together = _variant(item) or item.nodeid.partition("::")[0]
            item.add_marker(pytest.mark.xdist_group(together))


def _variant(item: pytest.Item) -> str:
    """Returns the name of the variant that a conformance test is about, or nothing."""
    if not (isinstance(item, pytest.Function) and item.nodeid.startswith("tests/conformance/")):
        return ""
    return item.callspec.params.get("name", "") if hasattr(item, "callspec") else ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `gpu` where TensorFlow sees no GPU."""
    if item.get_closest_marker("gpu") is None:
        return
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        pytest.skip("needs a GPU, and TensorFlow sees none here")
