"""The command `nanshan`: picks the subcommand and imports only what it needs."""

from __future__ import annotations

import os
import sys
from importlib import import_module

COMMANDS = {
    "drive": "drive in a simulator, with nothing else installed or in a CARLA that runs elsewhere",
    "serve": "run the embedded server alone, for any CARLA 0.9.16 client",
    "replay": "run videos, pictures and recordings through the same pipeline",
    "train": "make a detector from frames of the embedded server",
    "gallery": "photograph every town, weather, sensor and actor into one page",
    "bench": "measure one part of the whole",
    "doctor": "say what is installed, which server answers, and whether they fit",
}

HELP = "\n".join(
    [
        "usage: nanshan COMMAND [options]",
        "",
        "Nanshan turns camera frames into driving: objects and lanes, a plan, a control.",
        "",
        *(f"  {name:<8} {what}" for name, what in COMMANDS.items()),
        "",
        "nanshan COMMAND --help tells the options of a command. For a first look:",
        "",
        "  nanshan drive                       a minute in our town; video and recording land in runs/",
        "  nanshan drive --seed 7 --traffic 20 another start, more cars",
        "  nanshan replay my_dashcam.mp4       your own pictures",
        "",
    ]
)


def main(argv: list[str] | None = None) -> int:
    """Runs a command; returns 0 done, 1 the run failed or missed a criterion, 2 unusable input."""
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(argv: list[str] | None) -> int:
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(HELP)
        return 0 if arguments else 2
    name, *rest = arguments
    if name in {"-V", "--version"}:
        from assistant import __version__

        print(f"nanshan {__version__}")
        return 0
    if name not in COMMANDS:
        print(f"nanshan: unknown command '{name}'; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    from assistant.interrupts import held_back

    try:
        with held_back():
            command = import_module(f"assistant.commands.{name}")
        code: int = command.main(rest)
    except KeyboardInterrupt:
        print(f"nanshan {name}: interrupted", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
