"""What the cluster tests share: a whole cluster of the wanted shape, and the words they are written in."""

import os
import sys
import time
import unittest
from pathlib import Path

from cluster import DIRECTORY, Cluster, await_that, spawn
from dialing import Dialing

# From the fault until the work goes on elsewhere, in seconds.
GRACEFUL, KILLED = 0.25, 0.5


class ClusterCase(unittest.TestCase):
    """Tests of one shape use one cluster after the other; each begins when everything runs and reaches everything."""

    SERVERS, ZONES = 2, 1
    cluster: Cluster

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls._of_shape()
        cls.addClassCleanup(cls.cluster.database.close)

    @classmethod
    def _of_shape(cls) -> Cluster:
        cluster = Cluster.running()
        if cluster and (cluster.state["servers"], cluster.state["zones"]) == (cls.SERVERS, cls.ZONES) and cluster.is_as_built():
            return cluster
        if cluster:
            cluster.down()
        cluster = Cluster.up(cls.SERVERS, cls.ZONES)
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

    def kill_holder_of(self, resource: str, component: str | None = None) -> float:
        """Returns when; the component is the one of the resource's name unless it is told."""
        server = self.server_of(resource)
        at = self.now()
        self.cluster.kill(f"{server}/{component or resource}")
        return at

    def acquired(self, resource: str, since: float) -> list[float]:
        """When others have acquired the lease, by the database's own record, in seconds since then."""
        rows = self.cluster.database.rows("select extract(epoch from h.at) from ha_history h join ha_lease l using (res_id) where "
                                          f"l.resource = '{resource}' and h.to_incarnation is not null and h.at > to_timestamp({since})")
        return [float(at) - since for (at,) in rows]

    def assert_taken_over(self, resource: str, fault_at: float, within: float):
        after = await_that(lambda: self.acquired(resource, fault_at), 15, f"{resource} has a new holder")
        self.assertLess(after[0], within, f"{resource}: from the fault to the next holder")

    def assert_all_called_once(self, *jobs: Dialing):
        for job in jobs:
            self.assertEqual(job.finish().faults(), [], f"job {job.id} of {job.zone}")
