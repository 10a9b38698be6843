"""Settings from a command line and a TOML file, with help that teaches and errors of one line."""

from __future__ import annotations

import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout, suppress
from inspect import getdoc
from io import StringIO
from itertools import takewhile
from pathlib import Path
from typing import Any, TypeVar

import tyro
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from assistant.settings import Settings

HELP = {"-h", "--help", "--help-all"}
DETAILS = ("planning.", "control.")
"""Groups of settings that only `--help-all` tells."""

S = TypeVar("S", bound=Settings)
E = TypeVar("E", bound=BaseException)


def from_command_line(model: type[S], command: str, argv: list[str]) -> S | int:
    """Settings from `--config FILE.toml` (if given) and the command line over it, or the exit code.

    Bad values are told in a line each on standard error and give 2; `--help` and `--help-all` give 0.
    """
    if not HELP.isdisjoint(argv):
        return _help(model, command, brief="--help-all" not in argv)
    try:
        argv, default = _from_toml(model, argv)
        with redirect_stderr(StringIO()) as complaint:
            settings: S = tyro.cli(model, prog=f"nanshan {command}", args=argv, default=default)
        return settings
    except ValidationError as error:
        for line in validation_lines(error):
            print(f"nanshan {command}: {line}", file=sys.stderr)
    except ValueError as error:
        print(f"nanshan {command}: {error}", file=sys.stderr)
    except SystemExit as stop:  # how tyro ends after anything it cannot parse
        invalid = _cause(stop, ValidationError)
        lines = validation_lines(invalid) if invalid else [_unboxed(complaint.getvalue())]
        for line in lines:
            print(f"nanshan {command}: {line}", file=sys.stderr)
    return 2


def _help(model: type[Settings], command: str, brief: bool) -> int:
    """Prints the help; a brief one leaves out the many settings that a first drive does not need."""
    description = f"{getdoc(model)}\n\nAny option can stand in a TOML file: --config FILE.toml"
    with redirect_stdout(StringIO()) as out, suppress(SystemExit):
        tyro.cli(model, prog=f"nanshan {command}", args=["--help"], description=description)
    text = out.getvalue().rstrip()
    if brief:
        text, left_out = _without_boxes(text, DETAILS)
        if left_out:
            text += f"\n\n{left_out} more settings, of planning and control: nanshan {command} --help-all"
    print(text)
    return 0


def _without_boxes(text: str, titles: tuple[str, ...]) -> tuple[str, int]:
    """The help without the boxes whose title begins so, and how many options stood in them."""
    kept, left_out, inside = [], 0, False
    for line in text.splitlines():
        words = line.strip("╭╮─+-│| ")
        if words.endswith(" options"):
            inside = words.startswith(titles)
        if inside:
            left_out += line.lstrip("│| ").startswith("--")
        else:
            kept.append(line.rstrip())
    return "\n".join(kept).rstrip(), left_out


def validation_lines(error: ValidationError) -> list[str]:
    """One line a problem: path of the field, what is wrong, what was given."""
    return [
        f"{'.'.join(str(part) for part in problem['loc'])}: {_wrong(problem)} (got {problem['input']!r})"
        for problem in error.errors()
    ]


def _wrong(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return "no such setting; --help tells all"
    return problem["msg"].removeprefix("Value error, ")


def _cause(error: BaseException | None, kind: type[E]) -> E | None:
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


def _unboxed(complaint: str) -> str:
    """The sentence in what tyro prints, with or without a box drawn around it."""
    rows = [line.strip("│|+-─╭╮╰╯ ") for line in complaint.splitlines() if line[:1] not in "╭+╰"]
    said = takewhile(lambda row: not row.startswith(("For full helptext", "Argument helptext")), rows)
    return " ".join(row for row in said if row) or complaint.strip()


def _from_toml(model: type[S], argv: list[str]) -> tuple[list[str], Any]:
    """Takes `--config FILE` out of `argv`; the defaults it gives, or tyro's mark for none."""
    for index, argument in enumerate(argv):
        name, _, value = argument.partition("=")
        if name == "--config":
            used = 1 if value else 2
            value = value or (argv[index + 1] if index + 1 < len(argv) else "")
            if not value:
                raise ValueError("--config: name a TOML file")
            path = Path(value)
            return argv[:index] + argv[index + used :], model.model_validate(_toml(path))
    return argv, tyro.MISSING_NONPROP


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"--config {path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"--config {path}: not TOML ({error})") from error
