"""The examples of the docstrings run.

They are found by file, and run in the module of the installed name: pytest's own collection would
import zoo/hub.py as `hub` or `zoo.hub`, which is another module than `tfvae.zoo.hub`.
"""

import doctest
import importlib
import io
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"tfvae": "tfvae", "zoo": "tfvae.zoo", "export": "tfvae.export", "cli": "tfvae_cli"}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def module_name(path: PurePosixPath) -> str:
    """The name of a file's module once it is installed."""
    room, *rest = path.with_suffix("").parts
    return ".".join([ROOMS[room], *(part for part in rest if part != "__init__")])


def modules_with_examples() -> list[str]:
    """The modules that hold an example, found without importing any."""
    files = sorted(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))
    with_examples = [file for file in files if ">>> " in file.read_text(encoding="utf-8")]
    return [module_name(PurePosixPath(file.relative_to(ROOT))) for file in with_examples]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(name)
    # An example that writes files writes them here.
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report = io.StringIO()
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(example, out=report.write)
    assert runner.failures == 0, report.getvalue()
    assert runner.tries > 0, f"{name} has >>> outside any docstring"
