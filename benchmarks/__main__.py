"""`python -m benchmarks`: every benchmark at its usual size, but the vault at its smallest: filling takes minutes."""

import click

from benchmarks import calls, core, org, reading, vault

BENCHMARKS: tuple[tuple[str, click.Command, list[str]], ...] = (
    ("The core", core.main, []),
    ("Calls", calls.main, []),
    ("Reading an org", reading.main, []),
    ("The simulated org", org.main, []),
    ("A vault", vault.main, ["--entities", "500"]),
)

for name, command, arguments in BENCHMARKS:
    click.echo(f"## {name}\n")
    command.main(args=arguments, standalone_mode=False)
    click.echo()
