"""What the world asks of the ground."""

from __future__ import annotations

from typing import Protocol

from sim_bridge.server.transforms import Floats


class Ground(Protocol):
    """Heights and slopes of a map."""

    def below(self, points: Floats) -> tuple[Floats, Floats]:
        """The ground under (n, 3) points.

        Returns:
            (n,) heights in metres and (n, 3) unit normals.
        """
        ...
