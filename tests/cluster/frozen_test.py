"""Components that stand still (SIGSTOP), until their server ends them: two servers, one zone."""

from cluster_case import BUSY, FROZEN, ClusterCase
from dialing import Dialing


class Frozen(ClusterCase):
    def test_C_04_another_director_takes_over_when_the_director_stands_still(self):
        job = Dialing(self.cluster).await_calls(30)
        before = self.cluster.holders()
        frozen_at = self.to_holder_of("campaign_director", self.cluster.freeze)
        self.assert_directors_work_taken_over(before, frozen_at, FROZEN)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), BUSY)

    def test_M_03_another_manager_goes_on_with_the_job_when_its_manager_stands_still(self):
        job = Dialing(self.cluster).await_calls(30)
        frozen_at = self.to_holder_of(f"job/{job.id}", self.cluster.freeze, "campaign_manager")
        self.assert_taken_over(f"job/{job.id}", frozen_at, FROZEN)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), FROZEN + BUSY)

    def test_R_02_another_rule_engine_takes_over_when_the_master_stands_still(self):
        job = Dialing(self.cluster).await_calls(30)
        frozen_at = self.to_holder_of("rule_engine", self.cluster.freeze)
        self.assert_taken_over("rule_engine", frozen_at, FROZEN)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), FROZEN + BUSY)

    def test_R_03_no_call_goes_out_unchecked_while_no_rule_engine_answers(self):
        job = Dialing(self.cluster).await_calls(30)
        frozen_at = self.now()
        for server in self.cluster.servers:
            self.cluster.freeze(f"{server}/rule_engine")
        self.assert_taken_over("rule_engine", frozen_at, FROZEN)
        (resumed,) = self.cluster.acquired("rule_engine", frozen_at)[:1]
        self.assert_all_called_once(job)
        # A manager has contacts checked for up to a second and a half of dialing ahead.
        silent_from, silent_until = frozen_at + 1.5 + BUSY, frozen_at + resumed
        self.assertLess(silent_from, silent_until)
        during = f"intent_at > to_timestamp({silent_from}) and intent_at < to_timestamp({silent_until})"
        self.assertEqual(self.cluster.database.value(f"select count(*) from attempt where job_id = {job.id} and {during}"), "0")

    def test_F_03_dialing_goes_on_when_an_application_server_and_an_mpp_stand_still(self):
        job = Dialing(self.cluster).await_calls(30)
        self.cluster.freeze("media1/application_server")
        self.cluster.freeze("media2/mpp/1")
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), FROZEN + BUSY)
