"""`nanshan bench MODULE`: one part of the whole, measured."""

from __future__ import annotations

import sys
from importlib import import_module

MODULES = {"world": "how fast the embedded server makes pictures, and what memory it takes"}

HELP = "\n".join(
    [
        "usage: nanshan bench MODULE [options]",
        "",
        *(f"  {name:<8} {what}" for name, what in MODULES.items()),
        "",
        "nanshan bench MODULE --help tells the options of one.",
    ]
)


def main(argv: list[str]) -> int:
    """Measures a module; returns 0 done, 1 it broke off, 2 unusable input."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        print(HELP)
        return 0 if argv else 2
    if argv[0] not in MODULES:
        print(f"nanshan bench: unknown module '{argv[0]}'; there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    code: int = import_module(f"assistant.bench.{argv[0]}").main(argv[1:])
    return code
