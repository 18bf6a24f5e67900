"""Components that are stopped as an administrator stops them: two servers, one zone."""

from cluster_case import BUSY, GRACEFUL, ClusterCase
from dialing import Dialing
from processes import await_that


class Stopped(ClusterCase):
    def test_C_03_another_director_is_master_at_once_when_the_director_is_stopped(self):
        job = Dialing(self.cluster).await_calls(30)
        before = self.cluster.holders()
        stopped_at = self.to_holder_of("campaign_director", self.cluster.stop)
        self.assert_directors_work_taken_over(before, stopped_at, GRACEFUL)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), GRACEFUL + BUSY)

    def test_M_02_another_manager_has_the_job_at_once_when_its_manager_is_stopped(self):
        job = Dialing(self.cluster).await_calls(30)
        stopped_at = self.to_holder_of(f"job/{job.id}", self.cluster.stop, "campaign_manager")
        self.assert_taken_over(f"job/{job.id}", stopped_at, GRACEFUL)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), GRACEFUL + BUSY)

    def test_R_02_another_rule_engine_is_master_at_once_when_the_master_is_stopped(self):
        job = Dialing(self.cluster).await_calls(30)
        stopped_at = self.to_holder_of("rule_engine", self.cluster.stop)
        self.assert_taken_over("rule_engine", stopped_at, GRACEFUL)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), GRACEFUL + BUSY)

    def test_L_01_another_load_monitor_is_master_at_once_when_the_master_is_stopped(self):
        stopped_at = self.to_holder_of("load_monitor", self.cluster.stop)
        self.assert_taken_over("load_monitor", stopped_at, GRACEFUL)

    def test_F_05_an_mpp_that_is_stopped_ends_its_calls_well_while_others_take_the_new_ones(self):
        job = Dialing(self.cluster).await_calls(30)
        self.cluster.stop("media1/mpp")
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), GRACEFUL + BUSY)
        cut_short = f"select count(*) from attempt where job_id = {job.id} and state = 'done' and code <> 'answer_human'"
        self.assertEqual(self.cluster.database.value(cut_short), "0")

    def test_S_02_all_of_a_servers_work_goes_on_elsewhere_when_it_is_stopped(self):
        job = Dialing(self.cluster).await_calls(30)
        server = job.owner()
        stopped_at = self.now()
        self.cluster.stop(server)
        self.assert_taken_over(f"job/{job.id}", stopped_at, GRACEFUL)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), GRACEFUL + BUSY)
        await_that(lambda: not self.cluster.is_running(server), 20, f"{server} has ended")
