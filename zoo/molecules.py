"""What molecules are worth as samples, and how they look; by RDKit, which is loaded when used."""

import importlib
import textwrap
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from .errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS, PIXELS = 6, 300
# Of a line of text in the place of one molecule.
CHARACTERS = 20


def canonical(molecules: Sequence[str]) -> list[str | None]:
    """Returns the canonical SMILES of molecules; None for what RDKit does not take for one.

    A string of no atoms is none, though RDKit reads it.

    Args:
        molecules: SMILES, one a string.

    Raises:
        DataError: if RDKit is not installed.
    """
    with _rdkit() as chemistry:
        read = (chemistry.MolFromSmiles(molecule) if molecule else None for molecule in molecules)
        return [None if molecule is None else chemistry.MolToSmiles(molecule) for molecule in read]


def quality(
    molecules: Sequence[str], known: Container[str], counts: Sequence[int] = (1_000, 10_000)
) -> dict[str, float]:
    r"""Returns validity, uniqueness and novelty of sampled molecules.

    $$\mathrm{validity} = \frac{|V|}{n},\qquad
    \mathrm{unique}_k = \frac{|set(V_{1..k})|}{|V_{1..k}|},\qquad
    \mathrm{novelty} = \frac{|set(V) \setminus known|}{|set(V)|}$$

    for the canonical SMILES V of the valid ones, in the order in which they were sampled.

    Args:
        molecules: SMILES as they were sampled.
        known: canonical SMILES of the training set; anything that has `in`.
        counts: the numbers k; where fewer are valid, all of them are taken.

    Returns:
        `validity`, `unique_K` for each k, and `novelty`, each from 0 to 1; of no valid molecules,
        the last two are 0.

    Raises:
        DataError: if there are no molecules, or RDKit is not installed.

    Reference:
        Polykovskiy et al. 2020, arXiv:1811.12823, the section of metrics, and the authors' code.
    """
    _need(molecules)
    valid = [molecule for molecule in canonical(molecules) if molecule is not None]
    found = {"validity": len(valid) / len(molecules)}
    for count in counts:
        found[f"unique_{count}"] = _share(len(set(valid[:count])), len(valid[:count]))
    distinct = set(valid)
    new = sum(molecule not in known for molecule in distinct)
    return {**found, "novelty": _share(new, len(distinct))}


def rings(molecules: Sequence[str]) -> list[int]:
    """Returns how many rings each valid molecule has.

    Raises:
        DataError: if one is no molecule, or RDKit is not installed.
    """
    with _rdkit() as chemistry:
        read = [chemistry.MolFromSmiles(molecule) for molecule in molecules]
        if None in read:
            raise DataError(f"{molecules[read.index(None)]!r} is no molecule.")
        return [molecule.GetRingInfo().NumRings() for molecule in read]


def drawn(molecules: Sequence[str]) -> "Figure":
    """Returns a picture of molecules, in rows; in place of what is none stands its text.

    Args:
        molecules: SMILES, one a string.

    Raises:
        DataError: if there are no molecules, or RDKit is not installed.
    """
    _need(molecules)
    from matplotlib.figure import Figure

    rows = -(-len(molecules) // COLUMNS)
    figure = Figure(figsize=(1.6 * COLUMNS, 1.6 * rows), layout="constrained")
    places = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    with _rdkit() as chemistry:
        for place, molecule in zip(places, molecules, strict=False):
            read = chemistry.MolFromSmiles(molecule) if molecule else None
            if read is None:
                lines = ["not valid:", *textwrap.wrap(molecule, CHARACTERS, break_on_hyphens=False)]
                place.text(0.5, 0.5, "\n".join(lines), ha="center", va="center", fontsize=7)
            else:
                place.imshow(_picture(read))
    for place in places:
        place.axis("off")
    return figure


def _picture(molecule: Any) -> Any:
    """Returns the pixels of a drawn molecule."""
    from matplotlib import image

    drawing = importlib.import_module("rdkit.Chem.Draw.rdMolDraw2D")
    canvas = drawing.MolDraw2DCairo(PIXELS, PIXELS)
    drawing.PrepareAndDrawMolecule(canvas, molecule)
    canvas.FinishDrawing()
    return image.imread(BytesIO(canvas.GetDrawingText()), format="png")


def _need(molecules: Sequence[str]) -> None:
    if not molecules:
        raise DataError("There are no molecules to judge or to draw: sample some.")


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


@contextmanager
def _rdkit() -> Iterator[Any]:
    """Yields RDKit's chemistry, which says nothing of what it cannot read."""
    try:
        chemistry = importlib.import_module("rdkit.Chem")
    except ImportError as error:
        raise DataError(
            "Molecules are read and drawn by RDKit, which is not installed: "
            "`pip install 'tfvae[molecules]'`."
        ) from error
    with importlib.import_module("rdkit.rdBase").BlockLogs():
        yield chemistry
