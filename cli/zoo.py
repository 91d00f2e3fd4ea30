"""`tfvae zoo` and `tfvae cache`: publishing and copying a zoo, and what was fetched of one."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

zoo_app = typer.Typer(
    name="zoo",
    help="Publish presets for any web host, or copy a published zoo.",
    no_args_is_help=True,
)
cache_app = typer.Typer(
    name="cache", help="Show or clear the presets that were fetched.", no_args_is_help=True
)

AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@zoo_app.command()
def publish(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the site goes.")],
    preset: Annotated[
        list[Path] | None,
        typer.Option(help="A preset's folder; repeat it. The bundled presets if left out."),
    ] = None,
) -> None:
    """Write presets as a folder that any web host serves: files, registry and pages.

    What was published there before stays, so that old versions load for ever.
    """
    from tfvae import zoo
    from tfvae_cli.console import say

    site = zoo.publish_site(folder, preset or None)
    say(f"The site stands in {site}. Once it is served, TFVAE_ZOO_URL may name its address.")


@zoo_app.command()
def mirror(
    url: Annotated[str, typer.Argument(metavar="URL", help="A published zoo's address.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the copy goes.")],
) -> None:
    """Copy a published zoo, every version of every preset, and check each file of it."""
    from tfvae import zoo
    from tfvae_cli.console import say

    say(f"The copy stands in {zoo.mirror_site(url, folder)}, and can be served as it is.")


@cache_app.command("list")
def list_cache(as_json: AS_JSON = False) -> None:
    """List the presets that were fetched, what was used last first."""
    from tfvae import zoo
    from tfvae.zoo.home import home
    from tfvae_cli.console import console, megabytes, say, table

    found = zoo.list_cache()
    if as_json:
        print(json.dumps([_described(preset) for preset in found], indent=1))
        return
    rows = [
        [
            preset.name,
            megabytes(preset.size),
            datetime.fromtimestamp(preset.last_used).strftime("%Y-%m-%d %H:%M"),
            ", ".join(preset.handles) if preset.whole else "not whole",
        ]
        for preset in found
    ]
    if rows:
        console.print(table(["preset", "size", "last used", "fetched for"], rows))
    say(f"{_counted(found)} in {home()}.")


@cache_app.command()
def prune(
    days: Annotated[
        float | None,
        typer.Option(help="Also what was not used for so many days; 0 for all."),
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Remove what no handle leads to any more, what is damaged and what was never finished."""
    from tfvae import zoo
    from tfvae_cli.console import say

    removed = zoo.prune_cache(days)
    if as_json:
        print(json.dumps([_described(preset) for preset in removed], indent=1))
        return
    say(f"{_counted(removed)} removed.")


def _counted(presets: Sequence[Any]) -> str:
    """Returns how many presets there are, and their size."""
    from tfvae_cli.console import megabytes

    size = megabytes(sum(preset.size for preset in presets))
    return f"{len(presets)} preset{'' if len(presets) == 1 else 's'} ({size})"


def _described(preset: Any) -> dict[str, Any]:
    """Returns what JSON says of a preset in the cache."""
    return {**dataclasses.asdict(preset), "folder": str(preset.folder)}
