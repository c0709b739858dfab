"""Serves an org on a loopback port until it is told to stop."""

import json
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from connectors.salesforce.sandbox.http.app import build
from connectors.salesforce.sandbox.http.exchange import Site
from connectors.salesforce.sandbox.keys import public_key
from connectors.salesforce.sandbox.org import Org
from connectors.salesforce.sandbox.seeds import plant
from connectors.salesforce.sandbox.seeds.model import Seed
from connectors.salesforce.sandbox.sessions import Sessions
from connectors.salesforce.sandbox.tls import Authority, authority, server_certificate


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve.

    Attributes:
        directory: For the authority's certificate and the key pair of the JWT flow, where none are given.
        port: 0 for a free one.
        jwt_public_key: PEM file of the key that JWT assertions are verified with; None to make a pair.
    """

    directory: Path
    port: int = 0
    ca: Authority | None = None
    jwt_public_key: Path | None = None


class _Announcing(uvicorn.Server):
    """Says on stdout, once and on one line, that it answers and how to come in."""

    def __init__(self, config: uvicorn.Config, announcement: dict[str, object]) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(json.dumps(self._announcement) + "\n")
            sys.stdout.flush()


def serve(seed: Seed, options: Options) -> None:
    """Plants the seed and serves it; returns after SIGTERM or SIGINT."""
    options.directory.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", options.port))
        url = f"https://localhost:{listening.getsockname()[1]}"
        org = Org()
        sessions = Sessions(org)
        site = Site(org, sessions, url)
        app = plant(seed, org, sessions, jwt_public_key=public_key(options.directory, options.jwt_public_key))
        ca, ca_file = authority(options.directory, options.ca)
        announcement: dict[str, object] = {
            "instance_url": url,
            "access_token": sessions.open(
                org.admin_id, session_type="API", login_type="Application", application="Sandbox"
            ),
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "ca_file": str(ca_file.resolve()),
            "pid": os.getpid(),
            "org_id": org.org_id,
            "control_token": site.control,
        }
        with server_certificate(ca, options.directory) as certificate:
            config = uvicorn.Config(
                build(site),
                ssl_certfile=str(certificate),
                log_level="critical",
                access_log=False,
                date_header=False,
                server_header=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
            )
            config.load()
        _Announcing(config, announcement).run(sockets=[listening])
