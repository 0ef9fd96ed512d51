"""A lower bound of the cost of withdrawing less on radial networks, by convex relaxation."""

import warnings
from typing import Any

import cvxpy
import numpy as np

from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network

cp: Any = cvxpy


class BoundNotFound(Exception):
    """The solver of the relaxation came to no certain end, so that it bounds nothing."""


def lower_bound(
    network: Network, power: ConsumerPower, margins_kw: np.ndarray, cost: np.ndarray, tan: float
) -> float | None:
    """Return the least cost of withdrawing less at points of delivery, none where nothing cures.

    By the DistFlow relaxation (M. Farivar, S. H. Low, 2013), with the lines' charging, and limits
    on the currents at both of their ends. All buses have the nominal voltage of the first, which is
    that of the source; every consumer is a point of delivery.

    Raises:
        BoundNotFound: The solver is not certain of its answer.
    """
    lines, kv = network.lines, network.buses[0].nominal_kv
    base_mva = 1.0 if kv > 1 else 0.1
    base_kva, base_ohm, base_a = 1e3 * base_mva, kv**2 / base_mva, 1e3 * base_mva / (3**0.5 * kv)
    p, q = power.p_kw[0] / base_kva, power.q_kvar[0] / base_kva
    start = np.eye(len(network.buses))[[network.bus_position[line.from_bus] for line in lines]]
    end = np.eye(len(network.buses))[[network.bus_position[line.to_bus] for line in lines]]
    at = np.eye(len(network.buses))[[network.bus_position[each.bus] for each in network.consumers]]
    r = np.array([line.resistance_ohm for line in lines]) / base_ohm
    x = np.array([line.reactance_ohm for line in lines]) / base_ohm
    charge = np.pi * 50 * np.array([line.capacitance_nf for line in lines]) * 1e-9 * base_ohm
    cut = cp.Variable(len(margins_kw), nonneg=True)
    v, loss = cp.Variable(len(network.buses)), cp.Variable(len(lines), nonneg=True)
    active, reactive = cp.Variable(len(lines)), cp.Variable(len(lines))
    v_a, v_b = start @ v, end @ v
    at_b, q_b = active - cp.multiply(r, loss), reactive - cp.multiply(x, loss)
    q_from, q_to = reactive - cp.multiply(charge, v_a), q_b + cp.multiply(charge, v_b)
    most = np.array([np.inf if line.limit_a is None else (line.limit_a / base_a) for line in lines])
    watched = np.isfinite(most)
    fall = 2 * (cp.multiply(r, active) + cp.multiply(x, reactive))
    rules = [
        v[0] == network.sources[0].voltage_pu ** 2,
        v >= 0.25,
        cut <= margins_kw / base_kva,
        v_b == v_a - fall + cp.multiply(r**2 + x**2, loss),
        _cone(active, reactive, loss, v_a),
        _cone(active[watched], q_from[watched], most[watched] ** 2, v_a[watched]),
        _cone(at_b[watched], q_to[watched], most[watched] ** 2, v_b[watched]),
        (start.T @ active - end.T @ at_b)[1:] == -(at.T @ (p - cut))[1:],
        (start.T @ q_from - end.T @ q_to)[1:] == -(at.T @ (q - tan * cut))[1:],
    ]
    rules += [v[i] >= bus.min_pu**2 for i, bus in enumerate(network.buses) if bus.min_pu]
    rules += [v[i] <= bus.max_pu**2 for i, bus in enumerate(network.buses) if bus.max_pu]
    problem = cp.Problem(cp.Minimize(cost @ cut), rules)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem.solve(solver=cp.CLARABEL, tol_gap_rel=1e-8, tol_gap_abs=1e-9, tol_feas=1e-9)
    if problem.status == "infeasible":
        return None
    if problem.status != "optimal":
        raise BoundNotFound(problem.status)
    return float(problem.value) * base_kva


def _cone(active: Any, reactive: Any, square: Any, voltage: Any) -> Any:
    """Return the rule active^2 + reactive^2 <= square voltage."""
    rows = cp.vstack([2 * active, 2 * reactive, square - voltage])
    return cp.norm(rows, 2, axis=0) <= square + voltage
