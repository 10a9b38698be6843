"""Things that clients have placed: they stand where they were put."""

from __future__ import annotations

from sim_bridge.server.renderer.meshes.catalogue import PropModel


class Props:
    """What each placed thing is.

    Attributes:
        models: by actor id, in the order of their birth.
    """

    def __init__(self) -> None:
        self.models: dict[int, PropModel] = {}

    def add(self, actor_id: int, model: PropModel) -> None:
        """A thing that stands."""
        self.models[actor_id] = model

    def remove(self, actor_id: int) -> None:
        """Forgets a thing."""
        del self.models[actor_id]
