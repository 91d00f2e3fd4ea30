"""Kinds of tasks: a file each, which says what such recipes read, score and show."""

from .few_labels import FewLabels
from .images import ImageTask
from .task import Row, Task

__all__ = ["FewLabels", "ImageTask", "Row", "Task", "task_named"]

TASKS: tuple[type[Task], ...] = (FewLabels, ImageTask)


def task_named(name: str) -> Task:
    """Returns the task that metadata name.

    Raises:
        KeyError: if there is none of that name.

    Example:
        >>> task_named("images").headline
        ('log_likelihood', 'clustering_accuracy')
    """
    return {kind.name: kind for kind in TASKS}[name]()
