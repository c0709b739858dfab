"""`python -m connectors.salesforce.sandbox --dir DIR`: serves a simulated org until SIGTERM."""

from pathlib import Path

import click

from connectors.salesforce.sandbox.seeds import SeedError, read
from connectors.salesforce.sandbox.server import Options, serve
from connectors.salesforce.sandbox.tls import Authority

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--dir", "directory", required=True, type=click.Path(path_type=Path), help="For certificates and keys.")
@click.option("--port", default=0, show_default=True, help="Loopback port; 0 takes a free one.")
@click.option("--seed", default="demo", show_default=True, help="demo, empty, or a JSON file that describes an org.")
@click.option("--accounts", default=0, show_default=True, help="Vendor users to make up besides, the same each time.")
@click.option("--ca-cert", type=_FILE, help="Certificate of the authority to use, PEM.")
@click.option("--ca-key", type=_FILE, help="Its private key, PEM.")
@click.option("--jwt-public-key", type=_FILE, help="Key that JWT assertions are verified with, PEM; made if not given.")
def main(  # noqa: PLR0917 (click passes them by name)
    directory: Path,
    port: int,
    seed: str,
    accounts: int,
    ca_cert: Path | None,
    ca_key: Path | None,
    jwt_public_key: Path | None,
) -> None:
    """Serves a simulated Salesforce org over HTTPS, and prints one line of JSON when it answers."""
    if (ca_cert is None) != (ca_key is None):
        raise click.UsageError("--ca-cert and --ca-key belong together")
    ca = Authority(ca_cert, ca_key) if ca_cert and ca_key else None
    try:
        serve(read(seed, accounts=accounts), Options(directory, port=port, ca=ca, jwt_public_key=jwt_public_key))
    except SeedError as error:
        raise click.ClickException(str(error)) from None


main()
