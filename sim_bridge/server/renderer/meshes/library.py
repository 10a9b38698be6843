"""All meshes by name: what the renderer draws and what placement refers to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Final

from sim_bridge.server.kept import kept
from sim_bridge.server.renderer.meshes.buildings import building
from sim_bridge.server.renderer.meshes.catalogue import (
    FIGURES,
    PEDESTRIANS,
    PROPS,
    SCENERY,
    VEHICLES,
    WALKING_PHASES,
    PropModel,
    SceneryModel,
    VehicleModel,
    pedestrian_mesh_name,
    walking_phase,
)
from sim_bridge.server.renderer.meshes.faces import Faces, to_mesh
from sim_bridge.server.renderer.meshes.pedestrians import figure_mesh
from sim_bridge.server.renderer.meshes.props import prop_faces
from sim_bridge.server.renderer.meshes.street import street_object
from sim_bridge.server.renderer.meshes.trees import LEAVES, distant_tree, tree
from sim_bridge.server.renderer.meshes.vehicles.cars import car
from sim_bridge.server.renderer.meshes.vehicles.cycles import bicycle, motorcycle, scooter
from sim_bridge.server.renderer.meshes.vehicles.trucks import box_truck, fire_truck
from sim_bridge.server.renderer.meshes.vehicles.vans import bus, van
from sim_bridge.server.renderer.scene import Mesh

_VEHICLE_BUILDERS: Final[Mapping[str, Callable[[VehicleModel, bool], Faces]]] = MappingProxyType(
    {
        "van": van,
        "bus": bus,
        "box_truck": box_truck,
        "fire_truck": fire_truck,
        "bicycle": bicycle,
        "motorcycle": motorcycle,
        "scooter": scooter,
    }
)
FAR_VEHICLE_BELOW_PX: Final = 70.0
FAR_SCENERY_BELOW_PX: Final = 90.0
FAR_PROP_BELOW_PX: Final = 40.0
DISTANT_TREE_BELOW_PX: Final = 16.0


@dataclass(frozen=True, eq=False)
class MeshLibrary:
    """Meshes and their names.

    Vehicles and props are found under their blueprint id, people under `pedestrian_mesh_name`, scenery
    under its kind.

    Attributes:
        meshes: in the order of their numbers; each carries its far level of detail as `coarser`.
        numbers: number of each name, the value that `Instances.mesh` holds.
    """

    meshes: tuple[Mesh, ...]
    numbers: Mapping[str, int]

    def number(self, name: str) -> int:
        """Number of the mesh called `name`; raises KeyError for a name that is not there."""
        return self.numbers[name]

    def mesh(self, name: str, lod: int = 0) -> Mesh:
        """The mesh called `name`, near (`lod` 0) or far (1); raises KeyError for an unknown name."""
        near = self.meshes[self.numbers[name]]
        return near.coarser if lod and near.coarser is not None else near

    def pedestrian(self, blueprint_id: str, walked: float | None) -> int:
        """Number of the mesh of a walker who has walked `walked` metres, or stands (None).

        Raises KeyError for a blueprint that is not in the catalogue.
        """
        model = PEDESTRIANS[blueprint_id]
        phase = None if walked is None else walking_phase(walked, model.height)
        return self.numbers[pedestrian_mesh_name(model.figure, phase)]


@cache
def mesh_library() -> MeshLibrary:
    """All meshes of the catalogue, the same every time."""
    named = kept("meshes", "", _named_meshes)
    numbers = MappingProxyType({name: number for number, name in enumerate(named)})
    return MeshLibrary(tuple(named.values()), numbers)


def _named_meshes() -> dict[str, Mesh]:
    named: dict[str, Mesh] = {name: vehicle_mesh(model) for name, model in VEHICLES.items()}
    for figure in range(len(FIGURES)):
        for phase in (None, *range(WALKING_PHASES)):
            named[pedestrian_mesh_name(figure, phase)] = figure_mesh(figure, phase)
    named.update({name: scenery_mesh(model) for name, model in SCENERY.items()})
    named.update({name: prop_mesh(model) for name, model in PROPS.items()})
    return named


def vehicle_mesh(model: VehicleModel) -> Mesh:
    """The mesh of a vehicle blueprint with its far level of detail.

    Args:
        model: any blueprint; its kind chooses the builder, its dimensions become the bounding box.
    """
    build = _VEHICLE_BUILDERS.get(model.kind, car)
    far = to_mesh(build(model, False))
    return to_mesh(build(model, True), far, FAR_VEHICLE_BELOW_PX)


def scenery_mesh(model: SceneryModel) -> Mesh:
    """The mesh of one kind of scenery with its far level of detail; most plants have a third."""
    build = _scenery_builder(model)
    near, far = to_mesh(build(True)), to_mesh(build(False))
    if model.kind in LEAVES and model.kind not in ("tree.pine", "hedge"):
        distant = to_mesh(distant_tree(model.kind, model.size))
        far = replace(far, coarser=distant, coarser_below_px=DISTANT_TREE_BELOW_PX)
    return replace(near, coarser=far, coarser_below_px=FAR_SCENERY_BELOW_PX)


def prop_mesh(model: PropModel) -> Mesh:
    """The mesh of a prop with its far level of detail."""
    far = to_mesh(prop_faces(model, False))
    return to_mesh(prop_faces(model, True), far, FAR_PROP_BELOW_PX)


def _scenery_builder(model: SceneryModel) -> Callable[[bool], Faces]:
    family = model.kind.split(".")[0]
    if family == "building":
        return lambda fine: building(model.kind, model.size, fine)
    if family in ("tree", "bush", "hedge"):
        return lambda fine: tree(model.kind, model.size, fine)
    return lambda fine: street_object(model.kind, fine)
