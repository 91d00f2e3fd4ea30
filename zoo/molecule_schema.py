"""What stands in the table of a model of molecules: one column, their SMILES."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from . import smiles
from .errors import DataError, PresetError

COLUMN = "smiles"
# Metadata are bounded before anything of their size is made.
LONGEST = 1_000


@dataclass(frozen=True)
class MoleculeSchema:
    """Molecules as SMILES, in a column of that name; a model reads the codes of their tokens.

    Args:
        length: how many tokens the longest may have.

    Example:
        >>> schema = MoleculeSchema(4)
        >>> x = schema.read({"smiles": ["CCO", "CBr"]}, "a table")
        >>> x.shape, schema.write(x)
        ((2, 4), {'smiles': ['CCO', 'CBr']})
    """

    length: int = smiles.LENGTH

    @classmethod
    def from_metadata(cls, tokens: Any, length: Any) -> Self:
        """Returns the schema of a preset whose metadata name these tokens.

        Raises:
            PresetError: if they are others than this release reads and writes.
        """
        whole = isinstance(length, int) and not isinstance(length, bool)
        if tokens != list(smiles.TOKENS) or not (whole and 0 < length <= LONGEST):
            raise PresetError(
                "The preset's metadata name other tokens of molecules than this release of tfvae "
                "knows. Fetch the preset again, or take the release that wrote it."
            )
        return cls(length)

    def facts(self) -> dict[str, Any]:
        """Returns what a preset's metadata say of the molecules."""
        return {"tokens": list(smiles.TOKENS), "length": self.length}

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [COLUMN]

    def read(self, cells: Mapping[str, Sequence[str]], where: str) -> np.ndarray:
        """Returns what a model reads for a table of text: int32 `[N, length]`.

        Args:
            cells: the SMILES, under the name `smiles`.
            where: what the table is called, in messages.

        Raises:
            DataError: if there are other columns, or a molecule that the model cannot read.
        """
        if list(cells) != self.names:
            raise DataError(
                f"{where} has the columns {', '.join(cells) or 'of nothing'}, but the model's is "
                f"{COLUMN}, one molecule a row. Leave others out, and name it in the first line."
            )
        try:
            return smiles.encoded([cell.strip() for cell in cells[COLUMN]], self.length)
        except DataError as error:
            raise DataError(f"{where}: {error}") from error

    def write(self, x: np.ndarray) -> dict[str, list[str]]:
        """Returns the SMILES of codes `[N, length]`, under the name `smiles`."""
        return {COLUMN: smiles.decoded(x)}

    def typed(self, cells: Mapping[str, Sequence[str]]) -> dict[str, np.ndarray]:
        """Returns cells as arrays."""
        return {name: np.array(values) for name, values in cells.items()}
