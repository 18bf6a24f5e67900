"""Agents: from a command to its confirmed state, 500 robots at desktops over WebSocket against 2 servers; how many commands a second, how
long a take-over is felt, and what an agent costs in memory."""

import argparse
import json
import os
import signal
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "demo"))

from robots import Robots  # noqa: E402
from system import System  # noqa: E402

BAR_MS = 20
PAUSE_MS = 2000  # between two commands of an agent
AGENTS_OWN = ("agent_manager", "agent_sdk")
FELT_FOR_S = 4  # whatever a fault does to commands is over by then


def private_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private"))


def memory(system: System) -> int:
    """Of all processes that know agents."""
    return sum(private_bytes(pid) for pid, _, component in system.components() if component in AGENTS_OWN)


def manager_of(system: System, zone: str) -> str:
    """The server that has the zone's agents."""
    return next(lease["server"] for lease in system.api.get("/status")["leases"] if lease["resource"] == f"agent_manager/zone/{zone}")


def kill(system: System, server: str, component: str):
    pid = next(pid for pid, name, running in system.components() if (name, running) == (server, component))
    os.kill(pid, signal.SIGKILL)


def measured(robots: Robots, seconds: float, first=None) -> dict:
    robots.report()
    if first:
        first()
    time.sleep(seconds)
    return robots.report()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench agents", description=__doc__)
    parser.add_argument("--agents", type=int, default=500, metavar="N")
    parser.add_argument("--seconds", type=float, default=30, metavar="S", help="how long commands are measured")
    parser.add_argument("--kills", type=int, default=5, metavar="N", help="of the agents' manager, and of a desktops' server")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object (it always is)")
    chosen = parser.parse_args()
    pauses = [f"--pause-ms={pause}" for pause in (PAUSE_MS, 0, PAUSE_MS)]
    with System(postgres={"fsync": "on"}) as system:
        robots = Robots(system, chosen.agents, pauses)
        try:
            return run(system, robots, chosen)
        finally:
            robots.stop()


def run(system: System, robots: Robots, chosen) -> int:
    empty = memory(system)
    robots.start()
    per_thousand = (memory(system) - empty) * 1000 / chosen.agents / 1e6
    print(f"  {chosen.agents} robots are logged on; 1,000 agents take {per_thousand:.1f} MB", flush=True)

    calm = measured(robots, chosen.seconds)
    print(f"  {calm['commands_per_s']} commands a second: median {calm['median_ms']} ms, p99 {calm['p99_ms']} ms, "
          f"longest {calm['longest_ms']} ms", flush=True)
    robots.next_pause()
    time.sleep(PAUSE_MS / 1000)
    busy = measured(robots, chosen.seconds / 3)
    print(f"  without pauses: {busy['commands_per_s']} commands a second, p99 {busy['p99_ms']} ms", flush=True)
    robots.next_pause()
    time.sleep(PAUSE_MS / 1000)

    seen, gaps = [calm, busy], {}
    for component in AGENTS_OWN:
        for _ in range(chosen.kills):
            fault = measured(robots, FELT_FOR_S, lambda: kill(system, manager_of(system, "default"), component))
            seen.append(fault)
            gaps.setdefault(component, []).append(fault["longest_ms"])
        print(f"  {component} killed: the longest command took {statistics.median(gaps[component])} ms in the median, "
              f"{max(gaps[component])} ms at worst", flush=True)
    seen.append(robots.end())

    lost = sum(one[what] for one in seen for what in ("log_outs", "sessions_lost", "missed"))
    for what, times in {key: sum(one["refused"].get(key, 0) for one in seen) for one in seen for key in one["refused"]}.items():
        print(f"  refused {times} times: {what}", flush=True)
    print(json.dumps({"bench": "agents", "value": calm["p99_ms"], "baseline": BAR_MS, "ratio": round(calm["p99_ms"] / BAR_MS, 3),
                      "unit": "ms", "lost": lost, "agents": chosen.agents, "median_ms": calm["median_ms"],
                      "commands_per_s": calm["commands_per_s"],
                      "most_commands_per_s": busy["commands_per_s"], "take_over_gap_ms": max(gaps["agent_manager"], default=None),
                      "desktop_gap_ms": max(gaps["agent_sdk"], default=None), "mb_per_1000_agents": round(per_thousand, 1)}))
    return 0 if lost == 0 and calm["p99_ms"] < BAR_MS else 1


if __name__ == "__main__":
    sys.exit(main())
