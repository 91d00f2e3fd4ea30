"""Damages artefacts and hands them to what reads them: `python mutants.py BUNDLE KERAS FIRST LAST`.

It runs in a process of its own, so that one that a damaged file ends is a test that fails. It
prints the number of each mutant before it is read, and at the end how many were refused.
"""

import contextlib
import io
import json
import runpy
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tfvae.export import ArtefactError, inspect
from tfvae.export.running import SEAL
from tfvae.export.tflite_file import ENTRY

SECONDS = 20
REFUSED, READ = "refused", "read"
TFLITE = (
    "model_float32.tflite",
    "model_float16.tflite",
    "model_int8-weights.tflite",
    "model_int8.tflite",
)


def mutated(content: bytes, generator: np.random.Generator) -> bytes:
    """Returns other bytes: flipped, cut short, overwritten with zeros, left out or repeated."""
    made = bytearray(content)
    start, end = sorted(generator.integers(0, len(content) + 1, 2))
    # Short ranges leave most of a file as it was, which leads deeper into what reads it.
    end = min(end, start + int(2 ** generator.uniform(0, 12)))
    kind = generator.integers(5)
    if kind == 0:
        for place in generator.integers(0, len(made), generator.integers(1, 9)):
            made[place] ^= 1 << generator.integers(8)
    elif kind == 1:
        del made[start:]
    elif kind == 2:
        made[start:end] = bytes(end - start)
    elif kind == 3:
        del made[start:end]
    else:
        made[start:start] = made[start:end]
    return bytes(made)


class Reader:
    """What is damaged, and what reads it.

    Args:
        bundle: an intact bundle.
        keras: an intact `.keras` file of the same model.
        space: a folder to work in.
    """

    def __init__(self, bundle: Path, keras: Path, space: Path) -> None:
        self.bundle = Path(shutil.copytree(bundle, space / "bundle"))
        self.lone = space / "lone"
        self.lone.mkdir()
        self.keras = keras
        self.example = runpy.run_path(str(self.bundle / "example_python.py"))
        self.description = self.example["read_description"](self.bundle / "model.json")

    def ways(self) -> list[Callable[[np.random.Generator], str]]:
        """Returns each thing to do with a new mutant; what it returns is the outcome."""
        return [
            *(self.sealed, self.unsealed, self.listed, self.saved_model, self.listed_saved_model),
            *(self.keras_file, self.wrong_extension, self.example_file, self.example_description),
        ]

    def sealed(self, generator: np.random.Generator) -> str:
        """A TFLite file by itself: it states its own checksum."""
        content = (self.bundle / generator.choice(TFLITE)).read_bytes()
        made = mutated(content, generator)
        outcome = self.inspected(self.lone / "model.tflite", made)
        assert outcome == REFUSED or made == content or SEAL not in made, "a change was not seen"
        return outcome

    def unsealed(self, generator: np.random.Generator) -> str:
        """A TFLite file as of another writer, without checksum: its structure is all there is."""
        content = (self.bundle / generator.choice(TFLITE)).read_bytes()
        content = content.replace(ENTRY.encode(), b"of another one..")
        content = content.replace(SEAL, SEAL.replace(b"sha", b"not"))
        return self.inspected(self.lone / "model.tflite", mutated(content, generator))

    def listed(self, generator: np.random.Generator) -> str:
        """A TFLite file in its bundle."""
        return self.replaced(self.bundle / generator.choice(TFLITE), generator)

    def saved_model(self, generator: np.random.Generator) -> str:
        """A SavedModel by itself."""
        folder = self.lone / "saved_model"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.bundle / "saved_model", folder)
        path = folder / "saved_model.pb"
        return self.inspected(path, mutated(path.read_bytes(), generator))

    def listed_saved_model(self, generator: np.random.Generator) -> str:
        """A SavedModel in its bundle, of which any file may be damaged."""
        files = sorted(path for path in (self.bundle / "saved_model").rglob("*") if path.is_file())
        path = files[generator.integers(len(files))]
        return self.replaced(path, generator, self.bundle / "saved_model")

    def keras_file(self, generator: np.random.Generator) -> str:
        """A `.keras` file: a zip, whose parts have checksums."""
        made = mutated(self.keras.read_bytes(), generator)
        return self.inspected(self.lone / "model.keras", made)

    def wrong_extension(self, generator: np.random.Generator) -> str:
        """A whole file under a name that says something else: it is what it is."""
        sources = [self.keras, *(self.bundle / name for name in TFLITE)]
        source = sources[generator.integers(len(sources))]
        path = self.lone / f"model{generator.choice(['.tflite', '.keras', '.pb', '.json', ''])}"
        outcome = self.inspected(path, source.read_bytes())
        expected = inspect(source)
        path.write_bytes(source.read_bytes())
        found = replace(inspect(path), path=source)
        assert replace(found, checked_by=()) == replace(expected, checked_by=())
        path.unlink()
        return outcome

    def example_file(self, generator: np.random.Generator) -> str:
        """A TFLite file in the hands of the example: what was altered never reaches LiteRT."""
        content = (self.bundle / generator.choice(TFLITE)).read_bytes()
        made = mutated(content, generator)
        path = self.lone / "example.tflite"
        path.write_bytes(made)
        call = self.example["open_model"]
        outcome = stopped(lambda: call(path, self.description["checksums"]))
        assert outcome == REFUSED or made == content, "a change was not seen"
        return outcome

    def example_description(self, generator: np.random.Generator) -> str:
        """A model.json in the hands of the example, which then runs or stops with one line."""
        path = self.bundle / "model.json"
        content = path.read_bytes()
        path.write_bytes(mutated(content, generator))
        try:
            main = self.example["main"]
            outputs = str(self.lone / "outputs.npz")
            with arguments("--rows", "1", "--outputs", outputs), quiet():
                outcome = stopped(main)
            # Beside a damaged list, whole files are read, or the list is named.
            self.inspect(self.bundle / generator.choice(TFLITE))
        finally:
            path.write_bytes(content)
        return outcome

    def replaced(
        self, path: Path, generator: np.random.Generator, artefact: Path | None = None
    ) -> str:
        """Damages a file that model.json lists: which must be seen."""
        content = path.read_bytes()
        made = mutated(content, generator)
        path.write_bytes(made)
        try:
            outcome = self.inspect(artefact or path)
        finally:
            path.write_bytes(content)
        assert outcome == REFUSED or made == content, "a change was not seen"
        return outcome

    def inspected(self, path: Path, content: bytes) -> str:
        """Writes a file, and inspects it."""
        path.write_bytes(content)
        try:
            return self.inspect(path)
        finally:
            path.unlink()

    def inspect(self, path: Path) -> str:
        """Returns whether a path could be read, and checks what was said where it could not."""
        try:
            contents = inspect(path)
        except ArtefactError as error:
            assert "\n" not in str(error) and str(error).endswith("."), repr(str(error))
            return REFUSED
        json.dumps(contents.as_dict())
        return READ


def stopped(call: Callable[[], Any]) -> str:
    """Returns whether the example refused, and checks that it did so in one line."""
    try:
        call()
    except SystemExit as stop:
        assert isinstance(stop.code, str) and "\n" not in stop.code, repr(stop.code)
        return REFUSED
    return READ


@contextlib.contextmanager
def arguments(*words: str) -> Iterator[None]:
    before, sys.argv = sys.argv, ["example_python.py", *words]
    try:
        yield
    finally:
        sys.argv = before


def quiet() -> Any:
    return contextlib.redirect_stdout(io.StringIO())


def main(bundle: str, keras: str, first: str, last: str) -> None:
    """Reads the mutants of a range of numbers."""
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as space:
        reader = Reader(Path(bundle), Path(keras).resolve(), Path(space))
        ways = reader.ways()
        for number in range(int(first), int(last)):
            way = ways[number % len(ways)]
            print(number, way.__name__, flush=True)
            # By default the signal ends the process: a hang is a crash.
            signal.alarm(SECONDS)
            outcomes[f"{way.__name__} {way(np.random.default_rng(number))}"] += 1
            signal.alarm(0)
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(*sys.argv[1:])
