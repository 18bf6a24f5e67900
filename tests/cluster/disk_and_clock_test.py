"""A full disk, and a clock that jumps: two servers, one zone."""

from cluster_case import BUSY, GRACEFUL, ClusterCase
from dialing import Dialing


class FullDisk(ClusterCase):
    def test_M_06_nobody_is_lost_or_called_twice_when_the_disk_of_a_media_server_is_full(self):
        self.cluster.give_small_disk("media1", megabytes=8)
        self.addCleanup(self.cluster.give_own_disk, "media1")
        self.cluster.await_whole()
        job = Dialing(self.cluster, contacts=400).await_calls(30)
        self.cluster.fill_disk("media1")
        job.await_calls(80)
        self.cluster.free_disk("media1")
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), 1 + BUSY)


class Clock(ClusterCase):
    def test_S_04_masters_stay_and_dialing_goes_on_when_the_clock_of_their_server_jumps(self):
        job = Dialing(self.cluster, contacts=800).await_calls(20)
        server = job.owner()
        self.cluster.stop(server)
        self.cluster.await_ended(server)
        self.cluster.start(server, own_clock=True)
        self.cluster.await_whole()
        for resource in ("campaign_director", "rule_engine", f"job/{job.id}"):
            if self.server_of(resource) != server:
                self.pass_on(resource, "campaign_manager" if "/" in resource else resource)
        before = {resource: holder for resource, holder in self.cluster.holders().items() if holder == server}
        self.assertIn(f"job/{job.id}", before)
        for seconds in (3600, -3600, 0):
            self.cluster.set_clock(server, seconds)
            job.await_calls(60)
            self.assertEqual({resource: self.cluster.holder(resource) for resource in before}, before, f"at {seconds} s")
        self.assertLess(job.longest_gap(first=20), GRACEFUL + 2 * BUSY)
        self.assert_all_called_once(job)
