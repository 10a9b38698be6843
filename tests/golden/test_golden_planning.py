"""What the planner was told on a drive, through planner and controller, against what came of it before."""

import re

from assistant.modules import registered
from data.jsonable import jsonable
from planning.config import ControlConfig, PlannerConfig
from planning.control import PathController
from tests.golden.comparing import Within
from tests.golden.scenes import read_scenes

# Nothing but float arithmetic lies between the stored scenes and the plans.
TOLERANCES = {
    "path_m": Within(0.005),
    "target_speed_mps": Within(0.005),
    "acceleration_mps2": Within(0.005),
    "lead_distance_m": Within(0.01),
    "stop_distance_m": Within(0.01),
    "throttle": Within(0.005),
    "brake": Within(0.005),
    "steering_angle_rad": Within(0.0005),
}
PATH_POINTS = slice(None, None, 10)


def planned(scene, planner, controller):
    plan = planner.plan(scene)
    control = controller.control(plan, scene.ego)
    wanted = {
        name: getattr(plan, name) for name in (*TOLERANCES, "reasons", "emergency") if hasattr(plan, name)
    }
    given = {name: getattr(control, name) for name in TOLERANCES if hasattr(control, name)}
    wanted["reasons"] = [re.sub(r"[\d.]+", "#", reason) for reason in plan.reasons]  # numbers stand elsewhere
    return jsonable({"t_ns": scene.t_ns, **wanted, "path_m": plan.path_m[PATH_POINTS], **given})


def test_the_drive_is_planned_and_controlled_as_before(golden):
    shape, scenes = read_scenes()
    planner, controller = (
        registered("planner", "rules")(shape, PlannerConfig()),
        PathController(shape, ControlConfig()),
    )
    golden("plans.jsonl", [planned(scene, planner, controller) for scene in scenes], TOLERANCES)
