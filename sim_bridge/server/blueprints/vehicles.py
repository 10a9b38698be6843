"""Vehicle blueprints, from the catalogue of the models that can be drawn."""

from __future__ import annotations

from sim_bridge.server.blueprints.attributes import choice, colours, role, switch, whole
from sim_bridge.server.renderer.meshes.catalogue import VEHICLES, VehicleModel
from sim_bridge.server.vehicle.parameters import VehicleParameters, preset
from sim_bridge.server.wire.actors import Attribute

# CARLA lets one choose who rides a two-wheeler; here each model has its one rider.
_RIDERS = (choice("driver_id", "0", "1", "2", "3"),)
# Body kinds whose dynamics are not those of a passenger car.
_DYNAMICS = {
    "suv": "suv",
    "pickup": "suv",
    "van": "van",
    "box_truck": "truck",
    "fire_truck": "truck",
    "bus": "bus",
    "motorcycle": "motorcycle",
    "scooter": "motorcycle",
    "bicycle": "bicycle",
}


def vehicle_attributes(model: VehicleModel) -> tuple[Attribute, ...]:
    """The attributes of a vehicle blueprint."""
    rider = _RIDERS if model.number_of_wheels == 2 else ()
    return (
        whole("number_of_wheels", model.number_of_wheels, modifiable=False),
        choice("object_type", "", modifiable=False),
        choice("base_type", model.base_type, modifiable=False),
        choice("special_type", model.special_type, modifiable=False),
        whole("generation", model.generation, modifiable=False),
        switch("has_dynamic_doors", False, modifiable=False),
        switch("has_lights", model.has_lights, modifiable=False),
        colours("color", *model.colours),
        switch("sticky_control", True),
        choice("terramechanics", "false", modifiable=True),
        *rider,
        role("autopilot", "scenario", "ego_vehicle"),
    )


def vehicle_parameters(model: VehicleModel) -> VehicleParameters:
    """What the dynamics needs to know of a model."""
    return preset(_DYNAMICS.get(model.kind, "car"), half_extents=model.extent, mass=model.mass)


def vehicle_blueprints() -> dict[str, tuple[Attribute, ...]]:
    """All vehicle blueprints by id."""
    return {name: vehicle_attributes(model) for name, model in VEHICLES.items()}
