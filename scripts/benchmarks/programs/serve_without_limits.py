"""PORT_FILE: serves as `pennyvault-server serve` does, on a free port, with limits so wide that they never bind."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from server.app import Surroundings, create_app
from server.settings import Settings
from server.web.connections import Deadlines
from server.web.serving import ServingOptions, bind, serve

_WIDER = 100_000


def main(port_file: str) -> None:
    """Serve until told to stop."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    around = Surroundings(limits_multiplier=_WIDER)
    app = create_app(Settings.from_environment(os.environ), around)
    options = ServingOptions(deadlines=Deadlines(), grace_seconds=4)

    def ready() -> None:
        Path(port_file).write_text(f"{port}\n", encoding="ascii")

    asyncio.run(serve(app, listener, options, around.new_id, ready))


if __name__ == "__main__":
    main(*sys.argv[1:])
