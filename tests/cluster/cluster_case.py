"""What the cluster tests share: a whole cluster of the wanted shape, and the words they are written in."""

import os
import sys
import time
import unittest
from contextlib import suppress
from pathlib import Path

from cluster import DIRECTORY, Cluster
from dialing import Dialing
from processes import await_that, spawn

from api import ApiError  # noqa: E402

# From the fault until the work goes on elsewhere, in seconds.
GRACEFUL, KILLED, FROZEN, LOST_HOST, FULLY_OPERATIONAL, LOST_DATABASE = 0.25, 0.5, 2.5, 3.0, 5.0, 6.0
# What a busy machine may add to the time between two calls.
BUSY = 0.3


class ClusterCase(unittest.TestCase):
    """Tests of one shape use one cluster after the other; each begins when everything runs and reaches everything."""

    SERVERS, ZONES, PATRONI = 2, 1, False
    cluster: Cluster

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls._of_shape()
        cls.addClassCleanup(cls.cluster.database.close)

    @classmethod
    def _of_shape(cls) -> Cluster:
        cluster = Cluster.running()
        shape = {"servers": cls.SERVERS, "zones": cls.ZONES, "patroni": cls.PATRONI}
        if cluster and cluster.state.items() >= shape.items() and cluster.is_as_built():
            return cluster
        if cluster:
            cluster.down()
        cluster = Cluster.up(**shape)
        # It stays for the tests that follow, each in a process of its own, and ends with whoever runs them.
        spawn([sys.executable, Path(__file__).with_name("commands.py"), "down-after", os.getppid()], DIRECTORY / "down-after.log")
        return cluster

    def setUp(self):
        self.cluster.restore()

    # ---- words -------------------------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """By the clock that the database writes down."""
        return time.time()

    def server_of(self, resource: str) -> str:
        return await_that(lambda: self.cluster.holder(resource), 10, f"{resource} has a holder")

    def to_holder_of(self, resource: str, fault, component: str | None = None) -> float:
        """Does something to the component that holds the lease, and returns when. Its name is the resource's unless it is told."""
        server = self.server_of(resource)
        at = self.now()
        fault(f"{server}/{component or resource}")
        return at

    def dial_apart(self, *zones: str) -> list[Dialing]:
        """A job in each zone, each with a manager on a server of its own, all dialing."""
        jobs = [Dialing(self.cluster, zone) for zone in zones]
        await_that(lambda: self.are_apart(jobs), 20, "each job has a manager on a server of its own", every=0.2)
        for job in jobs:
            job.await_calls(20)
        return jobs

    def are_apart(self, jobs: list[Dialing]) -> bool:
        if len({job.owner() for job in jobs}) == len(jobs):
            return True
        self.to_holder_of(f"job/{jobs[-1].id}", self.cluster.stop, "campaign_manager")  # the next one is the least busy
        return False

    def pass_on(self, resource: str, component: str | None = None):
        """To whoever takes it when its holder is stopped."""
        stopped_at = self.to_holder_of(resource, self.cluster.stop, component)
        await_that(lambda: self.cluster.acquired(resource, stopped_at), 10, f"{resource} has another holder")

    def everywhere(self, component: str, action: str):
        """What people may ask of a component, of that on every server; awaited, and undone with the test."""
        for server in self.cluster.servers:
            with suppress(ApiError):  # it is as wanted already
                self.cluster.api.post(f"/servers/{server}/components/{component}/orders", {"action": action})
        wanted = {"stop": {"STOPPED"}, "start": {"MASTER", "DORMANT", "RUNNING"}}[action]
        await_that(lambda: {self.states(server)[component] for server in self.cluster.servers} <= wanted, 15,
                   f"{component}: {action}", every=0.1)
        if action == "stop":
            self.addCleanup(self.everywhere, component, "start")

    def state_of(self, job: Dialing) -> str:
        return self.cluster.api.get(f"/jobs/{job.id}")["state"]

    def stop_job(self, job: Dialing):
        self.cluster.api.post(f"/jobs/{job.id}/requests", {"request": "stop"})

    def states(self, server: str) -> dict[str, str]:
        """Component to state, as Everdial says it; the instances of one beside each other."""
        states: dict[str, str] = {}
        for of in self.cluster.status()["servers"]:
            for component in of["components"] if of["name"] == server else []:
                name = component["component"]
                states[name] = " ".join(filter(None, [states.get(name), component["state"]]))
        return states

    def pause(self, seconds: float):
        """For what is itself a length of time, such as an outage."""
        time.sleep(seconds)

    def assert_taken_over(self, resource: str, fault_at: float, within: float):
        after = await_that(lambda: self.cluster.acquired(resource, fault_at), 15, f"{resource} has a new holder")
        self.assertLess(after[0], within, f"{resource}: from the fault to the next holder")

    def assert_directors_work_taken_over(self, before: dict[str, str], fault_at: float, within: float):
        """All that the common director's process had: the zones may have been elsewhere."""
        for resource, server in before.items():
            if server == before["campaign_director"] and resource.split("/")[0] in ("campaign_director", "zone_director"):
                self.assert_taken_over(resource, fault_at, within)

    def assert_all_called_once(self, *jobs: Dialing):
        for job in jobs:
            self.assertEqual(job.finish().faults(), [], f"job {job.id} of {job.zone}")
