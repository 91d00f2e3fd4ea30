"""What goes wrong when a model is exported, or an artefact read, in our words."""

from typing import Any


class ExportError(ValueError):
    """A model cannot be exported, or its artefact does not compute what the model does.

    Args:
        message: what was expected, what came, and what to try.
        report: the `ParityReport`, if it was the comparison that failed.
    """

    def __init__(self, message: str, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class ArtefactError(ValueError):
    """What should be an artefact is missing, cut short, altered, or something else."""
