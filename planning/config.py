"""Every number a user may turn in the planner and the controller, with unit, meaning and range."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PathConfig(_Frozen):
    """How the driven path is made of the route and the perceived lane."""

    horizon_m: float = Field(default=70.0, ge=20.0, le=200.0, description="length of the planned path")
    lane_min_confidence: float = Field(
        default=0.3, ge=0.0, le=1.0, description="below it a perceived lane is ignored"
    )
    lane_near_m: float = Field(
        default=2.0, ge=0.0, le=20.0, description="nearest perceived centre point that is used"
    )
    lane_far_m: float = Field(
        default=25.0, ge=5.0, le=100.0, description="farthest perceived centre point that is used"
    )
    lane_gate_m: float = Field(
        default=0.9,
        gt=0.0,
        le=3.0,
        description="a perceived lane farther than this from the route is another lane",
    )
    lane_noise_m: float = Field(
        default=0.8,
        gt=0.0,
        le=2.0,
        description="standard deviation of one perceived offset at full confidence",
    )
    lane_noise_rad: float = Field(
        default=0.06,
        gt=0.0,
        le=0.5,
        description="standard deviation of one perceived direction at full confidence",
    )
    position_error_m: float = Field(
        default=0.4,
        gt=0.0,
        le=5.0,
        description="standard deviation of the localisation error that lanes may correct",
    )
    heading_error_rad: float = Field(
        default=0.02,
        gt=0.0,
        le=0.2,
        description="standard deviation of the heading error that lanes may correct",
    )
    error_time_s: float = Field(
        default=8.0,
        gt=0.1,
        le=120.0,
        description="time constant with which an unseen localisation error is forgotten",
    )
    shift_rate_mps: float = Field(
        default=0.4, gt=0.01, le=5.0, description="fastest sideways motion of the path by such a correction"
    )
    turn_rate_radps: float = Field(
        default=0.02, gt=0.001, le=0.5, description="fastest turn of the path by such a correction"
    )
    lane_only_hold_s: float = Field(
        default=1.0, ge=0.0, le=5.0, description="without a route, how long a lost lane is driven from memory"
    )


class SpeedConfig(_Frozen):
    """What the ego finds comfortable, and how fast it may go."""

    cruise_mps: float = Field(
        default=13.9, gt=0.0, le=50.0, description="speed where no limit is known, and its cap"
    )
    limit_share: float = Field(
        default=0.97, gt=0.1, le=1.0, description="share of the legal limit that is driven"
    )
    lateral_acceleration_mps2: float = Field(default=2.0, gt=0.1, le=5.0, description="in curves")
    acceleration_mps2: float = Field(default=1.8, gt=0.1, le=4.0, description="most that is demanded")
    brake_mps2: float = Field(
        default=1.8, gt=0.1, le=4.0, description="planned for stop lines and slower stretches"
    )
    firm_brake_mps2: float = Field(
        default=3.5, gt=0.5, le=6.0, description="most that is demanded short of emergencies"
    )
    jerk_mps3: float = Field(
        default=3.5, gt=0.5, le=10.0, description="most by which the demand changes a second"
    )
    preview_s: float = Field(
        default=0.8, gt=0.1, le=3.0, description="how far ahead in time the profile is followed"
    )
    end_speed_mps: float = Field(
        default=1.5, gt=0.1, le=5.0, description="speed at which a stop turns gentle"
    )
    end_brake_mps2: float = Field(
        default=0.8, gt=0.1, le=3.0, description="deceleration of the last gentle metres"
    )


class FollowConfig(_Frozen):
    """How a lead vehicle is followed (intelligent driver model, Treiber and Kesting)."""

    standstill_gap_m: float = Field(default=3.5, gt=0.5, le=10.0, description="gap behind a stopped lead")
    headway_s: float = Field(default=1.3, gt=0.3, le=4.0, description="time gap on top of it")
    brake_mps2: float = Field(
        default=2.0, gt=0.1, le=5.0, description="deceleration of a comfortable approach"
    )
    memory_s: float = Field(
        default=0.6, ge=0.0, le=3.0, description="how long a vanished object is believed in"
    )


class CorridorConfig(_Frozen):
    """When something counts as being in the way."""

    margin_m: float = Field(
        default=0.3, ge=0.0, le=1.5, description="free space demanded on each side of the ego"
    )
    pedestrian_margin_m: float = Field(
        default=0.6, ge=0.0, le=3.0, description="the same for people on foot and bikes"
    )
    range_m: float = Field(
        default=70.0, gt=10.0, le=200.0, description="objects farther ahead are not considered"
    )
    horizon_s: float = Field(default=4.0, gt=0.5, le=8.0, description="how far motion is predicted")
    step_s: float = Field(default=0.5, gt=0.05, le=1.0, description="time step of the prediction")
    time_margin_s: float = Field(
        default=0.8, ge=0.0, le=3.0, description="between the ego and a crossing object"
    )
    stop_gap_m: float = Field(default=3.0, gt=0.5, le=10.0, description="kept before what crosses")
    crossing_angle_rad: float = Field(
        default=0.6, gt=0.1, le=1.5, description="between path and motion, to be crossing"
    )
    still_mps: float = Field(default=0.7, gt=0.0, le=3.0, description="slower things are taken to stand")


class LightConfig(_Frozen):
    """How traffic lights are obeyed."""

    stop_margin_m: float = Field(
        default=1.8, ge=0.3, le=5.0, description="front bumper to stop line when stopped"
    )
    min_confidence: float = Field(
        default=0.4, ge=0.0, le=1.0, description="below it a reading counts as unread"
    )
    stop_frames: int = Field(
        default=2, ge=1, le=20, description="readings that turn a light to red or yellow"
    )
    go_frames: int = Field(default=3, ge=1, le=20, description="readings that turn a light to green")
    yellow_brake_mps2: float = Field(
        default=3.0, gt=0.5, le=6.0, description="a yellow is passed if it needs more"
    )
    red_brake_mps2: float = Field(
        default=7.0, gt=1.0, le=9.0, description="a red is passed only if it needs more"
    )
    unknown_brake_mps2: float = Field(
        default=2.7, gt=0.5, le=5.0, description="planned before an unread light"
    )
    green_memory_s: float = Field(
        default=1.5, ge=0.0, le=10.0, description="how long a green is believed when unread"
    )
    unknown_wait_s: float = Field(
        default=10.0, ge=1.0, le=120.0, description="standing before a never read light: then creep on"
    )
    red_memory_s: float = Field(
        default=60.0,
        ge=5.0,
        le=600.0,
        description="how long a red is believed when unread, then it counts as unread",
    )
    creep_mps: float = Field(
        default=3.0, gt=0.5, le=8.0, description="speed past a light that is off or stays unread"
    )


class SafetyConfig(_Frozen):
    """The last instance: when it overrules the plan."""

    aeb_brake_mps2: float = Field(default=8.0, ge=5.0, le=10.0, description="deceleration of an emergency")
    aeb_required_mps2: float = Field(
        default=4.5, ge=2.0, le=9.0, description="required deceleration that triggers it"
    )
    aeb_ttc_s: float = Field(
        default=2.0, gt=0.3, le=4.0, description="longest time to collision that triggers it"
    )
    aeb_gap_m: float = Field(default=0.8, ge=0.0, le=3.0, description="gap that shall be left")
    aeb_margin_m: float = Field(default=0.1, ge=0.0, le=1.0, description="added to each side of the ego")
    aeb_frames: int = Field(default=3, ge=1, le=10, description="frames in a row an object must threaten")
    aeb_hold_s: float = Field(default=0.4, ge=0.0, le=3.0, description="shortest emergency")
    stale_s: float = Field(
        default=0.35, gt=0.05, le=5.0, description="older ego states lead to a controlled stop"
    )
    lost_s: float = Field(
        default=1.0, ge=0.0, le=10.0, description="without lane and route: controlled stop after this"
    )
    off_route_m: float = Field(
        default=4.0, gt=1.0, le=20.0, description="farther off the route: controlled stop"
    )
    stop_brake_mps2: float = Field(
        default=2.5, gt=0.5, le=4.0, description="deceleration of a controlled stop"
    )


class PlannerConfig(_Frozen):
    """Everything about the planner."""

    path: PathConfig = PathConfig()
    speed: SpeedConfig = SpeedConfig()
    follow: FollowConfig = FollowConfig()
    corridor: CorridorConfig = CorridorConfig()
    light: LightConfig = LightConfig()
    safety: SafetyConfig = SafetyConfig()


class LateralConfig(_Frozen):
    """Steering."""

    distance_min_m: float = Field(
        default=3.5, gt=0.5, le=20.0, description="least distance over which an error decays"
    )
    distance_time_s: float = Field(
        default=0.55, ge=0.0, le=3.0, description="the same distance grows by this with speed"
    )
    damping: float = Field(default=0.9, gt=0.2, le=2.0, description="of the decay; 1 is critical")
    delay_s: float = Field(
        default=0.15, ge=0.0, le=1.0, description="lag of the steering that is looked ahead over"
    )
    rear_slip_rad_per_mps2: float = Field(
        default=0.0054,
        ge=0.0,
        le=0.03,
        description="how far the body points into a curve, per lateral acceleration",
    )
    understeer_rad_per_mps2: float = Field(
        default=0.0007, ge=0.0, le=0.02, description="extra angle per lateral acceleration"
    )
    trim_gain_per_s: float = Field(
        default=0.4, ge=0.0, le=3.0, description="how fast a curvature that is missed is learned"
    )
    trim_limit_per_m: float = Field(
        default=0.02, ge=0.0, le=0.1, description="most curvature that is learned on top"
    )
    rate_radps: float = Field(
        default=0.9, gt=0.05, le=5.0, description="fastest change of the steering angle"
    )
    lateral_acceleration_mps2: float = Field(
        default=4.5, gt=0.5, le=8.0, description="most a steering angle may cause"
    )


class LongitudinalConfig(_Frozen):
    """Throttle and brake."""

    full_throttle_mps2: float = Field(
        default=4.5, gt=0.5, le=15.0, description="believed acceleration of full throttle"
    )
    full_brake_mps2: float = Field(
        default=8.5, gt=2.0, le=15.0, description="believed deceleration of full brake"
    )
    drag_mps2: float = Field(default=0.2, ge=0.0, le=2.0, description="rolling resistance over mass")
    drag_per_m: float = Field(
        default=0.0005, ge=0.0, le=0.01, description="air drag over mass: this times speed squared"
    )
    proportional_per_s: float = Field(default=1.0, ge=0.0, le=5.0, description="correction per speed error")
    integral_per_s2: float = Field(
        default=0.4, ge=0.0, le=5.0, description="how fast a lasting error is learned"
    )
    integral_limit_mps2: float = Field(default=2.5, ge=0.0, le=10.0, description="most that is learned")
    leash_mps: float = Field(
        default=0.8, gt=0.05, le=5.0, description="how far the reference may run from the speed"
    )
    coast_mps2: float = Field(
        default=0.25, ge=0.0, le=2.0, description="demands this weak use neither throttle nor brake"
    )
    hold_speed_mps: float = Field(
        default=0.25, gt=0.0, le=1.0, description="below it, with a stop planned, brakes hold"
    )
    hold_rate_per_s: float = Field(default=0.8, gt=0.1, le=20.0, description="rise of the brake to that")
    hold_brake: float = Field(default=0.5, gt=0.0, le=1.0, description="brake at standstill")
    throttle_rate_per_s: float = Field(
        default=3.0, gt=0.1, le=50.0, description="fastest rise of the throttle"
    )
    max_throttle: float = Field(default=0.85, gt=0.1, le=1.0, description="most throttle")


class ControlConfig(_Frozen):
    """Everything about the controller."""

    lateral: LateralConfig = LateralConfig()
    longitudinal: LongitudinalConfig = LongitudinalConfig()
