"""kill -9 of one process after the other, while a job is dialed."""

from cluster_case import KILLED, ClusterCase
from dialing import Dialing


class Killed(ClusterCase):
    def test_C_04_another_director_takes_over_and_dialing_does_not_pause_when_the_director_is_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        director = self.server_of("campaign_director")
        killed_at = self.now()
        self.cluster.kill(f"{director}/campaign_director")
        self.assert_taken_over("campaign_director", killed_at, KILLED)
        self.assert_taken_over("zone_director/zone1", killed_at, KILLED)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), KILLED)
