"""Agents without people: made in Everdial, and played by bench/agent_robots, which speaks to the servers as desktops do."""

import json
import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

from carrier import spawn
from system import TOP, System

# What the demo's campaign asks of its agents.
AGENTS = {
    "pacing": "predictive",
    "abandoned_most": 0.03,
    "answer_within_s": 2,
    "nuisance_prompt": "sorry.wav",
    "wrapup_limit_s": 30,
    "codes": ["sold", "not_interested"],
}
ABANDONED_AHEAD = 10  # calls by which a young campaign may be ahead of its share (src/agent_manager/pacing_types.h, grace)
LOGGED_ON_WITHIN_S = 60  # and as much again for each hundred


class Robots:
    """`habits` are options of agent_robots."""

    def __init__(self, system: System, count: int, habits: list[str]):
        self.system, self.count, self.habits, self.process = system, count, habits, None
        self.directory = system.directory / "robots"
        self.program = TOP / "build" / os.environ.get("EVERDIAL_BUILD", "release") / "bench/agent_robots"

    def start(self):
        """Makes the agents and awaits that all are logged on."""
        self.directory.mkdir()
        agents = self.directory / "agents"
        with open(agents, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            for number in range(1, self.count + 1):
                login, password = f"robot{number:03}", secrets.token_urlsafe(9)
                self.system.api.post("/agents", {"login": login, "name": f"Robot {number}", "password": password, "zone": "default",
                                                 "skills": {}})
                file.write(f"{login} {password} {self.system.phone_of(login)}\n")
        servers = [part for url in self.system.urls for part in ("--server", url)]
        with open(self.directory / "log", "wb") as log:
            self.process = spawn([self.program, *servers, "--agents", agents, *self.habits], log, output=subprocess.PIPE)
        self._read()
        within = LOGGED_ON_WITHIN_S * (1 + self.count / 100)
        until = time.monotonic() + within
        while (seen := self.report())["on"] < self.count:
            if time.monotonic() > until:
                raise SystemExit(f"{seen['on']} of {self.count} robots are logged on after {within:.0f} s:\n{self.log_tail()}")
            time.sleep(0.5)

    def report(self) -> dict:
        """What they have seen since the last one."""
        return self._ask(signal.SIGUSR1)

    def next_pause(self):
        self.process.send_signal(signal.SIGUSR2)

    def end(self) -> dict:
        """The last report; they log off."""
        last = self._ask(signal.SIGTERM)
        self.process.wait(20)
        return last

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _ask(self, number: int) -> dict:
        self.process.send_signal(number)
        return self._read()

    def _read(self) -> dict:
        if not (line := self.process.stdout.readline()):
            raise SystemExit(f"the robots ended with {self.process.wait()}:\n{self.log_tail()}")
        return json.loads(line)

    def log_tail(self) -> str:
        return "\n".join((self.directory / "log").read_text(errors="replace").splitlines()[-20:])


def agents_outcome(agents: dict, abandoned: int) -> dict:
    """Whom agents talked to is the robots' own word."""
    talked = agents["calls"]
    return {"talked": talked, "abandoned": abandoned, "abandon_share": round(abandoned / max(1, talked + abandoned), 4),
            "talk_share": agents["talk_share"], "agent_logouts": agents["log_outs"] + agents["sessions_lost"]}


def agents_faults(agents: dict, outcome: dict) -> list[str]:
    found = []
    if outcome["talked"] == 0:
        found.append("no agent has talked to anybody")
    if outcome["agent_logouts"]:
        found.append(f"agents were logged out {outcome['agent_logouts']} times without asking for it")
    if agents["missed"]:
        found.append(f"desktops missed {agents['missed']} notices")
    if outcome["abandoned"] > AGENTS["abandoned_most"] * (outcome["talked"] + outcome["abandoned"]) + ABANDONED_AHEAD:
        found.append(f"{outcome['abandoned']} people found nobody free: more than the cap allows")
    return found


def say_what_agents_saw(agents: dict, outcome: dict):
    print(f"agents talked to {outcome['talked']} people, {agents['talk_share']:.0%} of their time; "
          f"{outcome['abandoned']} found nobody free ({outcome['abandon_share']:.1%})")
    print(f"  {agents['commands']} commands, half answered within {agents['median_ms']} ms, 99 of 100 within {agents['p99_ms']} ms, "
          f"all within {agents['longest_ms']} ms")
    print(f"  {agents['resumed']} sessions went on over another connection, after {agents['longest_offline_ms']} ms at most; "
          f"{agents['lines_lost']} lines were lost and called again", flush=True)
    for what, times in agents["refused"].items():
        print(f"  refused {times} times: {what}", flush=True)
