"""Which exceptions are messages to the user, and which are faults with a traceback."""

from traceback import walk_tb

OURS = ("tfvae", "tfvae_cli")


class DemoError(ValueError):
    """The demo cannot go on, or something in it did not come out equal."""


def is_ours(error: BaseException) -> bool:
    """Whether an exception was raised by our own code, as a message about the input.

    A ValueError that comes from inside a library is a fault of ours, and shows where it happened.
    """
    if not isinstance(error, ValueError | OSError | FloatingPointError):
        return False
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    name = frames[-1].f_globals.get("__name__", "") if frames else ""
    return name.split(".")[0] in OURS


def one_line(error: BaseException) -> str:
    r"""Returns the message of an exception without line breaks.

    Example:
        >>> one_line(ValueError("not\n  this"))
        'not this'
    """
    return " ".join(str(error).split()) or type(error).__name__
