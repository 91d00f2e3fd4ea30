"""Run benchmarks: `python -m benchmarks [NAME ...] [--quick | --whole] [--seed SEED]`.

Each writes `benchmarks/results/NAME.json` with all that it measured, and prints its medians and
whether its targets hold. `--quick` tries the machinery on little data: it says nothing about
speed, and its files (`NAME.quick.json`) are not part of the report. `--whole` measures all where a
benchmark would extrapolate from a part: minutes more.
"""

import argparse
import importlib

from rich.console import Console
from rich.table import Table

from benchmarks.machine import MANY_CORES, Bystanders
from benchmarks.outcome import Options, Outcome, write_outcome

BENCHMARKS = {
    "pythae": "benchmarks.against_pythae",
    "tf_data": "benchmarks.against_tf_data",
    "prior": "benchmarks.prior_cost",
    "evidence": "benchmarks.evidence_cost",
    "steps": "benchmarks.step_cost",
    "arithmetic": "benchmarks.arithmetic",
    "start": "benchmarks.startup",
    "export": "benchmarks.shipping",
}


def main() -> None:
    """Run the chosen benchmarks one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--quick", action="store_true", help="little data, no claim")
    amount.add_argument("--whole", action="store_true", help="all data, nothing extrapolated")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark named {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    console = Console()
    options = Options(
        quick=arguments.quick,
        whole=arguments.whole,
        seed=arguments.seed,
        progress=lambda line: console.print(line, style="dim", highlight=False),
    )
    for name in arguments.names or BENCHMARKS:
        console.rule(name)
        bystanders = Bystanders()
        outcome: Outcome = importlib.import_module(BENCHMARKS[name]).run(options)
        others = bystanders.cores()
        path = write_outcome(name, outcome, options, others)
        show(console, outcome)
        if others is not None and others > MANY_CORES:
            console.print(
                f"Other programs took {others:.1f} cores: run it again on a quiet machine.",
                style="yellow",
            )
        console.print(f"Written: benchmarks/results/{path.name}")


def show(console: Console, outcome: Outcome) -> None:
    """Print what was measured, then what was claimed."""
    table = Table("", "median", "p90", "unit", "runs", title=outcome.title, title_justify="left")
    for row in outcome.rows:
        figures = (f"{row.median:,.4g}", f"{row.p90:,.4g}", row.unit, str(row.count))
        table.add_row(row.what, *figures)
    console.print(table)
    for target in outcome.targets:
        relation = "at least" if target.at_least else "at most"
        verdict = "[green]holds[/]" if target.holds else "[red]is missed[/]"
        console.print(
            f"{target.what}: [bold]{target.value:.4g}[/] {target.unit}, "
            f"target {relation} {target.bound:g} {target.unit}: {verdict}"
        )
    for note in outcome.notes:
        console.print(note)


if __name__ == "__main__":
    main()
