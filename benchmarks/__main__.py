"""`python -m benchmarks`: every benchmark at its usual size."""

import click

from benchmarks import calls, core, org

for name, command in (("The core", core.main), ("Calls", calls.main), ("The simulated org", org.main)):
    click.echo(f"## {name}\n")
    command.main(args=[], standalone_mode=False)
    click.echo()
