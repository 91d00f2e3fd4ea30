"""How the commands speak: one console, numbered steps with their times, tables of one look."""

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

console = Console(highlight=False, soft_wrap=False)


class Steps:
    """Announces the steps of a command one by one, and remembers how long each took.

    Args:
        count: how many there will be.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, title: str, why: str) -> Iterator[None]:
        """Runs one step under its title and a sentence on what it shows."""
        number = len(self.seconds) + 1
        console.print()
        console.print(Text(f"{number}/{self.count}  {title}", style="bold"))
        console.print(Text(why, style="dim"))
        start = time.perf_counter()
        yield
        self.seconds[title] = time.perf_counter() - start
        console.print(Text(f"{self.seconds[title]:.1f} s", style="dim"), justify="right")


def title(line: str) -> None:
    """Prints the first line of a command."""
    console.print(Text(line, style="bold"), soft_wrap=True)


def say(line: str) -> None:
    """Prints one line as it is, however narrow the terminal: a path in it can be copied."""
    console.print(Text(line), soft_wrap=True)


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Shows what the library warns of without the place in its sources."""
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always", RuntimeWarning)
        yield
    for message in dict.fromkeys(str(one.message) for one in raised):
        typer.echo(f"tfvae: {message}", err=True)


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    words: int = 1,
    wraps: int = -1,
) -> Table:
    """Returns a table whose first columns are words and whose others are figures.

    Args:
        heads: names of the columns.
        rows: the cells of each row.
        caption: a line below.
        words: how many columns are words.
        wraps: the one column that may take several lines; if left out, all but the first may.
    """
    made = Table(header_style="bold", box=None, pad_edge=False, caption_justify="left")
    made.caption = caption or None
    for number, head in enumerate(heads):
        in_a_line = number != wraps if wraps >= 0 else not number
        made.add_column(
            Text(head), justify="left" if number < words else "right", no_wrap=in_a_line
        )
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def megabytes(size: int) -> str:
    """Returns a number of bytes in words.

    Example:
        >>> megabytes(1_234_567), megabytes(4_321)
        ('1.2 MB', '4.3 kB')
    """
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
