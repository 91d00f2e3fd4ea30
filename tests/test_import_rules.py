"""Who may import whom: tfvae neither zoo nor export, these two not each other, nobody the cli."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

import pytest

ROOMS = {"tfvae": "tfvae", "zoo": "tfvae.zoo", "export": "tfvae.export", "cli": "tfvae_cli"}

# The places where tfvae reaches another room, and which, only when a function is called.
LAZY = {
    "tfvae/__init__.py": ("tfvae.zoo", "tfvae.export"),
    "tfvae/__main__.py": ("tfvae_cli",),
    "tfvae/presets.py": ("tfvae.zoo", "tfvae.export"),
}

OUTSIDE = ("tests", "benchmarks", "zoo", "export", "cli")
FORBIDDEN = {
    "tfvae": ("tfvae.zoo", "tfvae.export", "tfvae_cli", *OUTSIDE),
    "zoo": ("tfvae.export", "tfvae_cli", *OUTSIDE),
    "export": ("tfvae.zoo", "tfvae_cli", *OUTSIDE),
    "cli": OUTSIDE,
}


class Use(NamedTuple):
    """A module that a file names, and where."""

    module: str
    line: int
    in_function: bool


def installed_package(path: str) -> str:
    """The name of the package that a file belongs to once it is installed."""
    room, *folders = PurePosixPath(path).parent.parts
    return ".".join([ROOMS[room], *folders])


def modules_of_node(node: ast.AST, package: str) -> list[str]:
    """The modules that one syntax node imports or reaches."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            parts = package.split(".")[: -(level - 1) or None] if level else []
            base = ".".join([*parts, *([module] if module else [])])
            return [base, *(f"{base}.{alias.name}" for alias in names)]
        case ast.Attribute(value=ast.Name(id="tfvae"), attr=attr):
            return [f"tfvae.{attr}"]
        case ast.Call(
            func=ast.Name(id="import_module" | "__import__") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return [".".join([package, name.lstrip(".")]) if name.startswith(".") else name]
    return []


def is_type_checking(node: ast.AST) -> bool:
    """Whether a node is `if TYPE_CHECKING:`, whose body never runs."""
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def uses(node: ast.AST, package: str, in_function: bool = False) -> Iterator[Use]:
    """Every module that the code below a node imports or reaches, when it runs."""
    for child in ast.iter_child_nodes(node):
        for module in modules_of_node(child, package):
            yield Use(module, getattr(child, "lineno", 0), in_function)
        if is_type_checking(child):
            continue
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from uses(child, package, in_function or is_function)


def violations(path: str, text: str) -> list[str]:
    """What in one file breaks the rules."""
    found = []
    for use in uses(ast.parse(text), installed_package(path)):
        for name in FORBIDDEN[PurePosixPath(path).parts[0]]:
            if use.module != name and not use.module.startswith(f"{name}."):
                continue
            lazily = use.in_function and name in LAZY.get(path, ())
            if not lazily:
                found.append(f"{path}:{use.line} reaches {use.module}")
    return found


def test_the_rooms_keep_the_import_rules(sources: dict[str, str]) -> None:
    product = {path: text for path, text in sources.items() if path.split("/")[0] in ROOMS}
    assert {path.split("/")[0] for path in product} == set(ROOMS)
    assert [line for path, text in product.items() for line in violations(path, text)] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tfvae/vae.py", "import tfvae.zoo.hub"),
        ("tfvae/vae.py", "from tfvae import export"),
        ("tfvae/vae.py", "from . import zoo"),
        ("tfvae/vae.py", "def f():\n    from tfvae import zoo"),
        ("tfvae/priors/normal.py", "from .. import zoo"),
        ("tfvae/priors/normal.py", "from ..zoo.hub import load"),
        ("tfvae/presets.py", "from tfvae.zoo import hub"),
        ("tfvae/presets.py", "def f():\n    import tfvae_cli"),
        ("tfvae/__main__.py", "import tfvae_cli.main"),
        ("tfvae/__main__.py", "def f():\n    import tfvae.zoo"),
        ("tfvae/vae.py", "import importlib\nimportlib.import_module('tfvae.export')"),
        ("tfvae/vae.py", "from importlib import import_module\nimport_module('.zoo')"),
        ("zoo/hub.py", "import tfvae\ndef f(vae):\n    tfvae.export.litert(vae, 'a')"),
        ("zoo/recipes/one.py", "from ...export import litert"),
        ("export/parity.py", "from tfvae.zoo import data"),
        ("export/parity.py", "import tfvae_cli.main"),
        ("cli/main.py", "from zoo import hub"),
        ("zoo/hub.py", "import tests.conftest"),
    ],
)
def test_a_forbidden_import_is_found(path: str, text: str) -> None:
    assert len(violations(path, text)) >= 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tfvae/__init__.py", "def __getattr__(name):\n    import tfvae.zoo\n"),
        ("tfvae/presets.py", "def f():\n    from tfvae.zoo import hub"),
        ("tfvae/__main__.py", "def f():\n    from tfvae_cli.main import main"),
        ("tfvae/__init__.py", "if TYPE_CHECKING:\n    from tfvae import zoo"),
        ("tfvae/vae.py", "from tfvae import zoology"),
        ("zoo/hub.py", "from . import card\nimport tfvae\ntfvae.VAE"),
        ("zoo/recipes/one.py", "from .. import data"),
        ("export/parity.py", "from tfvae.vae import VAE"),
        ("cli/main.py", "def f():\n    import tfvae.export, tfvae.zoo"),
    ],
)
def test_an_allowed_import_passes(path: str, text: str) -> None:
    assert violations(path, text) == []
