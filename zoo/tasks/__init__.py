"""Kinds of tasks: a file each, which says what such recipes read, score and show."""

from .clusters import ImageClusters
from .codes import ImageCodes
from .conditional import ConditionalImages
from .counts import CountsTask
from .few_labels import FewLabels
from .images import ImageTask
from .outliers import ImageOutliers
from .sequences import SequenceTask
from .series import SeriesTask
from .tables import TableTask
from .task import Row, Task

__all__ = [
    "ConditionalImages",
    "CountsTask",
    "FewLabels",
    "ImageClusters",
    "ImageCodes",
    "ImageOutliers",
    "ImageTask",
    "Row",
    "SequenceTask",
    "SeriesTask",
    "TableTask",
    "Task",
    "task_named",
]

TASKS: tuple[type[Task], ...] = (
    ConditionalImages,
    CountsTask,
    FewLabels,
    ImageClusters,
    ImageCodes,
    ImageOutliers,
    ImageTask,
    SequenceTask,
    SeriesTask,
    TableTask,
)


def task_named(name: str) -> Task:
    """Returns the task that metadata name.

    Raises:
        KeyError: if there is none of that name.

    Example:
        >>> task_named("images").headline
        ('log_likelihood', 'clustering_accuracy')
    """
    return {kind.name: kind for kind in TASKS}[name]()
