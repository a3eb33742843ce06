# Written by python -m moebius._stubs.
from collections.abc import Sequence
from os import PathLike
from typing import Any

from numpy import float64
from numpy.typing import ArrayLike, NDArray

from .equations import Equations as Equations, trace as trace, where as where
from .errors import DeviceError as DeviceError, Error as Error
from .errors import InvalidArgument as InvalidArgument, NotFound as NotFound
from .result import Point as Point, Result as Result, load as load

__version__: str

def run(line: str) -> Result: ...

class Model:
    states: list[str]
    parameters: dict[str, float]
    def __init__(self, name: str, *, experts: int = 8, top_k: int = 2,
                 controlled: bool = False) -> None: ...
    def set(self, name: str, value: float) -> None: ...
    def rhs(self, x: NDArray[float64]) -> NDArray[float64]: ...
    def loads(self, x: NDArray[float64]) -> NDArray[float64]: ...
    def jacobian(self, x: NDArray[float64]) -> NDArray[float64]: ...

def diagram(
    *,
    model: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    top_k: int | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    equations: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    vary: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    from_: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    max_step: float | None = None,
    max_points: int | None = None,
    tolerance: float | None = None,
    longest_period: float | None = None,
    multiplier_error: float | None = None,
    depth: int | None = None,
    searches: int | None = None,
    scans: int | None = None,
    scan_starts: int | None = None,
    max_branches: int | None = None,
    step: float | None = None,
    period: int | None = None,
    cycles: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    certify: bool | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Follow equilibria, or cycles from a Hopf point, as one parameter varies."""

def locus(
    *,
    model: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    top_k: int | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    equations: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    vary: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    from_: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    step: float | None = None,
    period: int | None = None,
    max_step: float | None = None,
    max_points: int | None = None,
    tolerance: float | None = None,
    longest_period: float | None = None,
    multiplier_error: float | None = None,
    depth: int | None = None,
    searches: int | None = None,
    scans: int | None = None,
    scan_starts: int | None = None,
    max_branches: int | None = None,
    certify: bool | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Follow folds, branch points, Hopf points, special cycles and special points of maps as two parameters vary."""

def exact(
    *,
    model: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    top_k: int | None = None,
    vary: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    points: int | None = None,
    sign: float | None = None,
    batch: int | None = None,
    step: float | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Closed forms of two experts, softmax and exact-k."""

def check(
    FILE: str | PathLike[str] | Point | Equations | ArrayLike | Sequence[str] | None = None,
    /,
    *,
    rows: int | None = None,
    points: int | None = None,
    values: int | None = None,
    starts: int | None = None,
    patience: float | None = None,
    residual: float | None = None,
    eigenvalue: float | None = None,
    coefficient: float | None = None,
    place: float | None = None,
    seed: int | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
) -> Result:
    """Hold a diagram, a locus or closed forms against the model alone."""

def sweep(
    *,
    model: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    top_k: int | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    equations: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    vary: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    rate: float | None = None,
    direction: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    samples: int | None = None,
    x0: float | None = None,
    points: int | None = None,
    grid: bool | None = None,
    basins: bool | None = None,
    device: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Follow the state while one parameter moves slowly, or settle a grid over two."""

def simulate(
    *,
    model: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    top_k: int | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    step: float | None = None,
    batch: int | None = None,
    steps: int | None = None,
    burn_in: int | None = None,
    replicas: int | None = None,
    record_every: int | None = None,
    seed: int | None = None,
    x0: float | None = None,
    start: str | Sequence[float] | None = None,
    device: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    threads: int | None = None,
    log: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    moments: bool | None = None,
    dither: float | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Route batches of tokens in the closed loop."""

def validate(
    *,
    trained: bool | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    starts: int | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    batch: int | None = None,
    step: float | None = None,
    seeds: int | None = None,
    levels: int | None = None,
    ramp: float | None = None,
    settle: float | None = None,
    average: float | None = None,
    members: int | None = None,
    chance: float | None = None,
    seed: int | None = None,
    device: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    data: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    test: float | None = None,
    routers: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    hidden: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    activation: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    loss: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    layers: int | None = None,
    patch: int | None = None,
    optimiser: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    vary: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    points: int | None = None,
    steps: int | None = None,
    record_every: int | None = None,
    lead: float | None = None,
    apart: float | None = None,
    frozen_batch: int | None = None,
    held: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    held_gaps: int | None = None,
    most_gap: float | None = None,
    age: float | None = None,
    follow: bool | None = None,
    draws: int | None = None,
    level: float | None = None,
) -> Result:
    """Lay the loads of small MoEs that were trained over the prediction."""

def compare(
    *,
    router: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    experts: int | None = None,
    batch: int | None = None,
    step: float | None = None,
    seeds: int | None = None,
    settle: float | None = None,
    average: float | None = None,
    excess: float | None = None,
    ramp: float | None = None,
    chance: float | None = None,
    seed: int | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Lay routers beside each other: threshold, cusp, folds, predicted and measured."""

def train(
    *,
    data: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    test: float | None = None,
    routers: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    hidden: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    activation: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    loss: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    layers: int | None = None,
    patch: int | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    optimiser: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    vary: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    points: int | None = None,
    seeds: int | None = None,
    seed: int | None = None,
    batch: int | None = None,
    steps: int | None = None,
    record_every: int | None = None,
    ramp: int | None = None,
    against: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    hold: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    evaluate_every: int | None = None,
    target: float | None = None,
    corrupt: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    history: bool | None = None,
    log: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    moments: bool | None = None,
    dither: float | None = None,
    checkpoint: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    device: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Train ensembles of small MoEs with adaptive scores."""

def diagnose(
    FILE: str | PathLike[str] | Point | Equations | ArrayLike | Sequence[str] | None = None,
    /,
    *,
    threads: int | None = None,
    fail_on: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    window: int | None = None,
    restore: float | None = None,
    top_k: float | None = None,
    tokens: float | None = None,
    experts: float | None = None,
    rate: float | None = None,
    feedback: float | None = None,
    decay: float | None = None,
    beta: float | None = None,
    bias_rate: float | None = None,
    bias_leak: float | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    balancer: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    report: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
) -> Result:
    """Read a log of expert loads: how each layer is loaded, how far from collapse it is, and what the log cannot tell."""

def response(
    *,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    reach: float | None = None,
    batch: int | None = None,
    batches: int | None = None,
    points: int | None = None,
    seed: int | None = None,
    seeds: int | None = None,
    threads: int | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Open loop: the load gap of two experts at fixed score differences."""

def models(
) -> Result:
    """List the models, their equations and parameters."""

def routers(
) -> Result:
    """List the routers, their options and noise laws."""

def cycles(
    start: str | PathLike[str] | Point | Equations | ArrayLike | Sequence[str] | None = None,
    /,
    *,
    model: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    set: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    experts: int | None = None,
    top_k: int | None = None,
    controller: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    router: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    tokens: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    gate: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    classes: str | Sequence[float] | None = None,
    labels: bool | None = None,
    noise: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    equations: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    vary: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
    max_step: float | None = None,
    max_points: int | None = None,
    tolerance: float | None = None,
    longest_period: float | None = None,
    multiplier_error: float | None = None,
    depth: int | None = None,
    searches: int | None = None,
    scans: int | None = None,
    scan_starts: int | None = None,
    max_branches: int | None = None,
    step: float | None = None,
    period: int | None = None,
    cycles: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    certify: bool | None = None,
    out: str | PathLike[str] | Point | Equations | ArrayLike | None = None,
    plot: str | PathLike[str] | dict[str, Any] | ArrayLike | Sequence[str | dict[str, Any]] | None = None,
) -> Result:
    """Follow cycles from a Hopf point as one parameter varies."""
