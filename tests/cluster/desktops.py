"""Agents at their desktops: sessions of the agents' SDK in a process of Node's (desktops.mjs), and what each of them was told."""

import itertools
import json
import os
import secrets
import shutil
import subprocess
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cluster import DIRECTORY, TOP, Cluster
from processes import await_that

SDK = TOP / "web/packages/agent-sdk/dist/index.js"
OWN_NODE = TOP / "build/node/node_modules/.bin/node"  # where Debian's is too old
CODE = "done"  # of a campaign that names no others
ANSWERED_WITHIN_S = 15  # the SDK's patience, and some


class Refused(Exception):
    def __init__(self, code: int, error: str, message: str):
        super().__init__(f"{code} {error}: {message}")
        self.code, self.error = code, error


@dataclass
class Answer:
    value: object
    after_s: float  # from the wish to its answer


@dataclass
class Event:
    at: float
    name: str
    value: dict


class Desk:
    def __init__(self, desktops: "Desktops", agent: int, login: str, password: str):
        self._desktops, self.agent, self.login, self.password = desktops, agent, login, password
        self.view: dict = {}
        self.events: list[Event] = []

    def ask(self, method: str, **params) -> object:
        return self.wait(self._desktops.send({"desk": self.login, "do": "ask", "method": method, "params": params})).value

    def wish(self, method: str, **params) -> Future:
        """A command under way; its result is an Answer."""
        return self._desktops.send({"desk": self.login, "do": "command", "method": method, "params": params})

    def do(self, method: str, **params) -> Answer:
        return self.wait(self.wish(method, **params))

    @staticmethod
    def wait(future: Future) -> Answer:
        return future.result(ANSWERED_WITHIN_S)

    def begin(self) -> Future:
        return self._desktops.send({"desk": self.login, "do": "begin", "origins": self._desktops.cluster.urls, "password": self.password})

    # ---- what it shows -----------------------------------------------------------------------------------------------------------

    @property
    def states(self) -> dict[str, str]:
        return self.view["situation"]["states"]

    @property
    def call(self) -> str:
        return self.states["call"]

    @property
    def attempt(self) -> str | None:
        return self.view["situation"].get("attempt")

    def told(self, name: str, since: float = 0) -> list[Event]:
        """Events of this name, or notices."""
        return [event for event in [*self.events] if event.at >= since and
                (event.name == name or (event.name == "notice" and event.value["notice"] == name))]

    def await_states(self, within: float = 15, **states: str) -> "Desk":
        await_that(lambda: states.items() <= self.states.items(), within, f"{self.login} is {states}, not {self.states}")
        return self


class Desktops:
    """`with Desktops(cluster) as desktops:`"""

    def __init__(self, cluster: Cluster):
        if not SDK.exists():
            raise SystemExit(f"{SDK.relative_to(TOP)} is not there: ./dev build")
        self.cluster = cluster
        self.desks: dict[str, Desk] = {}
        self._numbers = itertools.count(1)
        self._open: dict[int, tuple[Future, float]] = {}
        node = str(OWN_NODE) if OWN_NODE.exists() else shutil.which("node")
        command = ["setpriv", "--pdeathsig", "KILL", node, Path(__file__).with_name("desktops.mjs"), SDK]
        trust = {"NODE_EXTRA_CA_CERTS": str(cluster.authority.certificate)}
        with open(DIRECTORY / "desktops.log", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                             start_new_session=True, env={**os.environ, **trust})
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Desktops":
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(10)
        self._reader.join()
        self._process.stdout.close()

    def add(self, login: str, zone: str, skills: dict[str, int], supervisor: bool = False) -> Desk:
        """A new agent, and its desktop."""
        password = secrets.token_urlsafe(9)
        agent = {"login": login, "name": login, "password": password, "zone": zone, "skills": skills, "supervisor": supervisor}
        made = self.cluster.api.post("/agents", agent)
        desk = self.desks[login] = Desk(self, made["id"], login, password)
        return desk

    def send(self, request: dict) -> Future:
        number, future = next(self._numbers), Future()
        self._open[number] = (future, time.time())
        self._process.stdin.write(json.dumps({"id": number, **request}) + "\n")
        self._process.stdin.flush()
        return future

    def _read(self):
        for line in self._process.stdout:
            self._take(json.loads(line))

    def _take(self, said: dict):
        at = said["at"] / 1000
        if "id" in said:
            future, asked_at = self._open.pop(said["id"])
            if "refused" in said:
                future.set_exception(Refused(**said["refused"]))
            else:
                future.set_result(Answer(said["answer"], at - asked_at))
            return
        desk = self.desks[said["desk"]]
        if said["event"] == "changed":
            desk.view = said["value"]
            trouble = [one for one in desk.view["waiting"] if "trouble" in one]
            if trouble:
                desk.events.append(Event(at, "trouble", trouble[0]))
        else:
            desk.events.append(Event(at, said["event"], said["value"]))

    def leave(self):
        """All log off, as far as they can; for the end of a test, whatever came of it."""
        for desk in self.desks.values():
            with suppress(Refused, TimeoutError, KeyError):
                if desk.states["agent"] == "logged_out":
                    continue
                desk.do("log_off_later")
                if desk.call in ("talking", "held", "conference_owner", "conference_passive"):
                    desk.do("release")
                if desk.call == "wrapup":
                    desk.do("wrap_up", code=CODE)
