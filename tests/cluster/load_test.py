"""What a failover costs the database: two servers, one zone, a job that is dialed all the while."""

import statistics

from cluster_case import ClusterCase
from dialing import Dialing

WINDOW_S = 5.0
MORE_CORES = 0.05


class Load(ClusterCase):
    def test_A_16_a_failover_costs_the_database_less_than_a_twentieth_of_a_core_beyond_the_steady_load(self):
        more = []
        for _ in range(3):
            self.cluster.restore()
            job = Dialing(self.cluster, contacts=700).await_calls(60)
            server = job.owner()
            steady = self.cores()
            fault_at = self.now()
            self.cluster.power_off(server)
            more.append(self.cores() - steady)
            self.assert_taken_over(f"job/{job.id}", fault_at, 5)
            self.assert_all_called_once(job)
        self.assertLess(statistics.median(more), MORE_CORES, f"of {more}")

    def cores(self) -> float:
        """That the database keeps busy for a while from now on."""
        before = self.cluster.database.processor_s()
        self.pause(WINDOW_S)
        return (self.cluster.database.processor_s() - before) / WINDOW_S
