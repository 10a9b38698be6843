"""The one error that leaves this floor."""

from __future__ import annotations


class SimulatorError(Exception):
    """The simulator cannot be used or was lost; the message is one line that says what to do."""
