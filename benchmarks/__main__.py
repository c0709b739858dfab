"""`python -m benchmarks`: both benchmarks at their usual sizes."""

import click

from benchmarks import calls, core

for name, command in (("The core", core.main), ("Calls", calls.main)):
    click.echo(f"## {name}\n")
    command.main(args=[], standalone_mode=False)
    click.echo()
