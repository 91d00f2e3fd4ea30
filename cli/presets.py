"""`tfvae list` and `tfvae info`: what the presets say about themselves."""

import json
from collections.abc import Mapping
from typing import Any

from tfvae_cli.console import console, megabytes, say, table

SHOWN_APART = {
    "data",
    "files",
    "folder",
    "format_version",
    "headline",
    "name",
    "parameter_count",
    "recipe",
    "runs",
    "summary",
    "total_size",
    "versions",
}


def show_list(pattern: str) -> None:
    """Prints the presets whose names match, with the scores that tell them from others.

    Raises:
        tfvae.zoo.PresetNotFoundError: if no name matches.
    """
    from tfvae import zoo

    names = zoo.list_presets(pattern)
    if not names:
        known = ", ".join(zoo.list_presets()) or "none"
        raise zoo.PresetNotFoundError(f"No preset's name matches {pattern!r}. Presets: {known}.")
    heads = ["preset", "data", "on the test set", "parameters", "size"]
    console.print(table(heads, [_row(zoo.describe(name)) for name in names], words=3))
    say("")
    say("Scores are means over seeds of training, with their standard deviation.")
    say("tfvae info NAME shows the rest; in Python: tfvae.VAE.from_preset(NAME).")


def show_info(name: str, as_json: bool) -> None:
    """Prints the metadata of a preset, as a page or as JSON.

    Raises:
        tfvae.zoo.PresetError: if there is no such preset, or it is damaged.
    """
    from tfvae import zoo

    about = zoo.info(name)
    if as_json:
        # Not by rich, which would wrap it.
        print(json.dumps(about, indent=1, sort_keys=True, default=str))
        return
    say(about["name"])
    say(about.get("summary", "No summary."))
    say("")
    for key, value in _facts(about).items():
        say(f"  {key.replace('_', ' '):30}{value}")
    if about.get("runs"):
        say("")
        console.print(_scores(about["runs"]))
    say("")
    rows = [
        [file, megabytes(entry["size"]), entry["sha256"][:16]]
        for file, entry in about["files"].items()
    ]
    console.print(table(["file, all of them checked now", "size", "sha256 begins"], rows))


def _row(about: Mapping[str, Any]) -> list[str]:
    from tfvae.zoo.headline import headline_of

    return [
        about["name"],
        about.get("data", {}).get("name", "-"),
        "\n".join(f"{title}: {value}" for title, value in headline_of(about)) or "-",
        f"{about.get('parameter_count', 0):,}",
        megabytes(about["total_size"]),
    ]


def _facts(about: Mapping[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        key: value
        for key, value in about.items()
        if key not in SHOWN_APART and isinstance(value, str | int | float)
    }
    if "parameter_count" in about:
        facts["parameters"] = f"{about['parameter_count']:,}"
    facts["size"] = megabytes(about["total_size"])
    facts["folder"] = about["folder"]
    for section in ("data", "recipe", "versions"):
        said = about.get(section)
        for key, value in said.items() if isinstance(said, dict) else ():
            if isinstance(value, str | int | float | list | tuple) and key != "citation":
                facts[f"{section} {key}" if key != "name" else section] = value
    return facts


def _scores(runs: list[Mapping[str, Any]]) -> Any:
    heads = ["score on the test set", *(f"seed {run['seed']}" for run in runs)]
    rows = []
    for key in runs[0]["scores"]:
        if key.endswith("_standard_error") or any(key not in run["scores"] for run in runs):
            continue
        cells = []
        for run in runs:
            error = run["scores"].get(f"{key}_standard_error")
            spread = f" ± {error:.2g}" if error is not None else ""
            cells.append(f"{run['scores'][key]:.6g}{spread}")
        rows.append([key.replace("_", " "), *cells])
    return table(heads, rows)
