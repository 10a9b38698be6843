"""Where the ego is: dead reckoning from wheels and gyroscope, corrected by GNSS and compass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.geometry import wrap_angle
from data.types import EgoMeasurement, EgoState, Pose2, SensorFrame


@dataclass(frozen=True)
class LocalizerNoise:
    """Standard deviations that the filter reckons with.

    Attributes:
        gnss_m: of each horizontal component of a position.
        compass_rad: of a heading.
        speed_mps: of the wheel speed that moves the pose, seen as a white error.
        yaw_rate_radps: of the gyroscope, seen as a white error.
        gyro_drift_radps: how far the gyroscope's bias wanders in one second.
        gate: squared Mahalanobis distance beyond which a position or heading is not believed.
        distrust_s: so long without a believed position the filter starts anew from the next one.
    """

    gnss_m: float = 0.5
    compass_rad: float = np.deg2rad(1.0)
    speed_mps: float = 0.05
    yaw_rate_radps: float = np.deg2rad(0.2)
    gyro_drift_radps: float = np.deg2rad(0.01)
    gate: float = 16.0
    distrust_s: float = 1.0


class EkfLocalizer:
    """An extended Kalman filter of (x, y, heading, gyroscope bias).

    Args:
        noise: what to expect of the sensors.
    """

    def __init__(self, noise: LocalizerNoise | None = None) -> None:
        self._noise = noise or LocalizerNoise()
        self._mean = np.zeros(4)
        self._covariance = np.zeros((4, 4))
        self._last: EgoMeasurement | None = None
        self._believed_ns = 0

    def localize(self, frame: SensorFrame) -> EgoState:
        """The ego at `frame.t_ns`; standing at the origin when the frame carries no measurement."""
        if frame.ego is None:
            return EgoState(frame.t_ns, Pose2(0.0, 0.0, 0.0), 0.0)
        return self.update(frame.ego)

    def update(self, measurement: EgoMeasurement) -> EgoState:
        """Takes one measurement in; the first initialises."""
        if self._last is None:
            self._start(measurement)
        else:
            self._predict(self._last, measurement)
            self._correct(measurement)
        self._last = measurement
        x, y, yaw, bias = (float(value) for value in self._mean)
        return EgoState(
            measurement.t_ns,
            Pose2(x, y, wrap_angle(yaw)),
            measurement.speed_mps,
            measurement.acceleration_mps2,
            measurement.yaw_rate_radps - bias,
            measurement.steering_angle_rad,
        )

    def _start(self, measurement: EgoMeasurement) -> None:
        """Believes one measurement as far as its sensors deserve."""
        noise = self._noise
        self._mean = np.array([*measurement.position_m[:2], measurement.yaw_rad, 0.0])
        sigma = [noise.gnss_m, noise.gnss_m, noise.compass_rad, np.deg2rad(0.1)]
        self._covariance = np.diag(np.square(sigma))
        self._believed_ns = measurement.t_ns

    def _predict(self, old: EgoMeasurement, new: EgoMeasurement) -> None:
        """Drives the mean speed and yaw rate of two measurements along an arc."""
        noise, dt = self._noise, 1e-9 * (new.t_ns - old.t_ns)
        speed = 0.5 * (old.speed_mps + new.speed_mps)
        yaw_rate = 0.5 * (old.yaw_rate_radps + new.yaw_rate_radps) - self._mean[3]
        heading = self._mean[2] + 0.5 * yaw_rate * dt
        c, s = np.cos(heading), np.sin(heading)
        self._mean = self._mean + dt * np.array([speed * c, speed * s, yaw_rate, 0.0])
        step = np.eye(4)
        step[0, 2], step[1, 2], step[2, 3] = -speed * s * dt, speed * c * dt, -dt
        # At rest the wheels know that nothing moves: only then may the position settle for good.
        along, across = (noise.speed_mps * dt, 0.2 * noise.speed_mps * dt) if speed != 0.0 else (0.0, 0.0)
        rotation = np.array([[c, -s], [s, c]])
        process = np.zeros((4, 4))
        process[:2, :2] = rotation @ np.diag([along**2, across**2]) @ rotation.T
        process[2, 2] = (noise.yaw_rate_radps * dt) ** 2
        process[3, 3] = noise.gyro_drift_radps**2 * dt
        self._covariance = step @ self._covariance @ step.T + process

    def _correct(self, measurement: EgoMeasurement) -> None:
        """Pulls the belief towards GNSS and compass unless they are absurd."""
        noise, rows = self._noise, np.eye(4)
        offset = np.asarray(measurement.position_m[:2]) - self._mean[:2]
        if self._pull(rows[:2], offset, noise.gnss_m):
            self._believed_ns = measurement.t_ns
        elif measurement.t_ns - self._believed_ns > 1e9 * noise.distrust_s:
            self._start(measurement)
            return
        turn = np.array([wrap_angle(measurement.yaw_rad - self._mean[2])])
        self._pull(rows[2:3], turn, noise.compass_rad)

    def _pull(self, rows: Array, innovation: Array, sigma: float) -> bool:
        """One Kalman correction of the components that `rows` (m, 4) select; False if gated out."""
        spread = rows @ self._covariance @ rows.T + sigma**2 * np.eye(len(rows))
        if float(innovation @ np.linalg.solve(spread, innovation)) > self._noise.gate:
            return False
        gain = np.linalg.solve(spread, rows @ self._covariance).T
        self._mean = self._mean + gain @ innovation
        left = np.eye(4) - gain @ rows
        # Joseph's form keeps the covariance symmetric and positive over hours.
        self._covariance = left @ self._covariance @ left.T + sigma**2 * gain @ gain.T
        return True
