"""``critique-loop sandbox``: build it, inspect it, try it."""

from __future__ import annotations

import click

from critique_loop.cli.text import plain
from critique_loop.executors import image


@click.group("sandbox")
def sandbox_command() -> None:
    """Build, inspect and try the sandbox that drafts run in."""


@sandbox_command.command("build")
@click.option("--force", is_flag=True, help="Build it though it is there.")
def build_command(*, force: bool) -> None:
    """Build the sandbox image of this version, from a registry or else from Debian packages."""
    built = None if force else image.inspect()
    if built is None:
        built = image.build(on_line=lambda line: click.echo(plain(line), err=True))
    click.echo(f"{built.tag} {built.image_id}")


@sandbox_command.command("status")
@click.pass_context
def status_command(ctx: click.Context) -> None:
    """Say which engine and image there are; exit code 1 where the image is missing."""
    click.echo(f"engine  {plain(image.engine())}")
    built = image.inspect()
    if built is None:
        click.echo(f"image   {image.image_tag()} is not built")
        click.echo("        Run: critique-loop sandbox build")
        ctx.exit(1)
    click.echo(f"image   {built.tag} ({built.size_bytes / 1e6:.0f} MB, from {built.way})")
    click.echo(f"id      {built.image_id}")
