"""What the linter cannot say: the words that we do not use, and how long a file may be."""

import ast
from collections.abc import Iterator

import pytest

FORBIDDEN_WORDS = {"mu", "sigma", "logvar"}
MAX_LINES = 330


def names_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that a file gives to something, with its line.

    Keywords of a call and attributes that are only read are another library's names.
    """
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.alias(asname=str(name)):
                yield name, node.lineno


def is_forbidden(name: str) -> bool:
    """Whether a name says location or scale in the words that we do not use."""
    return "log_var" in name.lower() or not FORBIDDEN_WORDS.isdisjoint(name.lower().split("_"))


def test_locations_and_scales_are_called_so(sources: dict[str, str]) -> None:
    named = {
        f"{path}:{line} {name}"
        for path, text in sources.items()
        for name, line in names_in(ast.parse(text))
    }
    assert named
    assert sorted(entry for entry in named if is_forbidden(entry.split()[-1])) == []


@pytest.mark.parametrize(
    "text",
    ["mu = 1", "def f(z_mu): pass", "self.sigma = 1", "def log_var(): pass", "a as mu"],
)
def test_a_forbidden_word_is_found(text: str) -> None:
    text = f"import {text}" if " as " in text else text
    assert any(is_forbidden(name) for name, _ in names_in(ast.parse(text)))


@pytest.mark.parametrize("text", ["f(sigma=1)", "model.sigma", "mutual = must = 1"])
def test_another_librarys_word_passes(text: str) -> None:
    assert not any(is_forbidden(name) for name, _ in names_in(ast.parse(text)))


def test_a_file_can_be_read_in_one_sitting(sources: dict[str, str]) -> None:
    # Tables of cases may be longer than code.
    lengths = {
        path: len(text.splitlines())
        for path, text in sources.items()
        if not path.startswith("tests/")
    }
    assert {path: lines for path, lines in lengths.items() if lines >= MAX_LINES} == {}
