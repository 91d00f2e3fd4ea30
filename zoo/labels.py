"""Which labels a recipe may look at, and how often it reads the images that have one."""

from dataclasses import dataclass

import numpy as np

from tfvae.evaluate.labels.choosing import of_each_class
from tfvae.latents.clustered import UNLABELLED


@dataclass(frozen=True)
class Labels:
    """The few labels that a recipe trains with.

    The seed of a run draws them too: as many of each class, among the images that are not held
    out. All other labels are -1 before anything sees them.

    Labelled images are so few that many a batch would have none. They can be read several times an
    epoch, shuffled among the others: the classification of each then counts so often, and so does
    its bound.

    Args:
        count: how many labels, of all classes.
        repeats: how often an epoch reads each labelled image.
        alone: whether images without a label are left out.

    Raises:
        ValueError: if a number is below 1.

    Example:
        >>> rows, labels = Labels(4, repeats=2).given(np.arange(10) % 2, seed=0)
        >>> len(rows), sorted(labels.tolist())
        (14, [-1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1])
    """

    count: int
    repeats: int = 1
    alone: bool = False

    def __post_init__(self) -> None:
        """Checks what would otherwise fail in a run."""
        if min(self.count, self.repeats) < 1:
            raise ValueError(
                f"`count` and `repeats` must be at least 1, but are {self.count} and "
                f"{self.repeats}."
            )

    def rows(self, y: np.ndarray, seed: int) -> np.ndarray:
        """Returns which images have a label, in their order.

        Args:
            y: labels of all images, integers `[N]`.
            seed: seed of the choice.

        Raises:
            ValueError: if the classes cannot have equally many, or one has too few images.
        """
        classes = len(np.unique(y))
        if self.count % classes:
            raise ValueError(
                f"{self.count} labels cannot be shared evenly by {classes} classes: take a "
                f"multiple of {classes}."
            )
        # RandomState's numbers are frozen for ever; default_rng's may change with NumPy.
        generator = np.random.RandomState(seed)
        return np.sort(of_each_class(y, self.count // classes, generator))

    def given(self, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the rows of the images that an epoch reads, and their labels or -1."""
        known = self.rows(y, seed)
        labels = np.full(len(y), UNLABELLED, np.int32)
        labels[known] = y[known]
        once = known if self.alone else np.arange(len(y))
        rows = np.concatenate([once, np.tile(known, self.repeats - 1)])
        return rows, labels[rows]
