"""`nanshan serve`: the embedded server alone."""

from __future__ import annotations

from sim_bridge.server.__main__ import main as serve


def main(argv: list[str]) -> int:
    """Hands everything over to the server's own command line."""
    return serve(argv, "nanshan serve")
