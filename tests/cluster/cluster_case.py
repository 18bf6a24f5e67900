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

    def server_of(self, resource: str) -> str:
        return await_that(lambda: self.cluster.holder(resource), 10, f"{resource} has a holder")

    def assert_taken_over(self, resource: str, fault_at: float, within: float):
        """That another process has acquired the lease, by the database's own record, so soon after the fault."""
        self.assertLess(self.taken_over_after(resource, fault_at), within, f"{resource}: from the fault to the next holder")

    def taken_over_after(self, resource: str, fault_at: float) -> float:
        query = ("select extract(epoch from h.at) from ha_history h join ha_lease l using (res_id) "
                 f"where l.resource = '{resource}' and h.to_incarnation is not null and h.at > to_timestamp({fault_at}) order by h.id limit 1")
        return float(await_that(lambda: self.cluster.database.rows(query), 15, f"{resource} has a new holder")[0][0]) - fault_at

    def assert_all_called_once(self, *jobs: Dialing):
        for job in jobs:
            outcome = job.finish()
            self.assertEqual(outcome.faults(), [], f"job {job.id} of {job.zone}")

    def now(self) -> float:
        """By the clock that the database writes down."""
        return time.time()
