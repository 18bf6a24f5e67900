"""kill -9 of one process after the other, while a job is dialed: two servers, one zone."""

from cluster_case import BUSY, KILLED, ClusterCase
from dialing import Dialing
from processes import await_that


class Killed(ClusterCase):
    def test_C_04_another_director_takes_over_and_dialing_does_not_pause_when_the_director_is_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        before = self.cluster.holders()
        killed_at = self.to_holder_of("campaign_director", self.cluster.kill)
        self.assert_directors_work_taken_over(before, killed_at, KILLED)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), KILLED)

    def test_M_03_M_05_another_manager_goes_on_with_the_job_when_its_manager_is_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        killed_at = self.to_holder_of(f"job/{job.id}", self.cluster.kill, "campaign_manager")
        self.assert_taken_over(f"job/{job.id}", killed_at, KILLED)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), KILLED + BUSY)

    def test_M_07_a_job_stays_with_its_new_manager_when_the_old_one_is_back(self):
        job = Dialing(self.cluster).await_calls(30)
        killed_at = self.to_holder_of(f"job/{job.id}", self.cluster.kill, "campaign_manager")
        self.assert_taken_over(f"job/{job.id}", killed_at, KILLED)
        self.assert_all_called_once(job)
        self.assertEqual(len(self.cluster.acquired(f"job/{job.id}", killed_at)), 1)

    def test_R_02_another_rule_engine_takes_over_when_the_master_is_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        killed_at = self.to_holder_of("rule_engine", self.cluster.kill)
        self.assert_taken_over("rule_engine", killed_at, KILLED)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), KILLED + BUSY)

    def test_L_01_another_load_monitor_takes_over_when_the_master_is_killed(self):
        killed_at = self.to_holder_of("load_monitor", self.cluster.kill)
        self.assert_taken_over("load_monitor", killed_at, KILLED)

    def test_C_14_the_job_is_dialed_on_within_the_directors_time_and_a_second_when_director_and_manager_die_together(self):
        job = Dialing(self.cluster).await_calls(30)
        director, manager = self.server_of("campaign_director"), job.owner()
        killed_at = self.now()
        self.cluster.kill(f"{director}/campaign_director")
        self.cluster.kill(f"{manager}/campaign_manager")
        self.assert_taken_over(f"job/{job.id}", killed_at, KILLED + 1)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), KILLED + 1)

    def test_C_15_an_import_goes_on_at_the_exact_row_when_its_list_manager_is_killed(self):
        rows = 40_000
        phones = "\n".join(["phone", *(f"+1212{2_000_000 + row}" for row in range(rows)), ""])
        people = self.cluster.api.post("/lists", {"name": f"Many at {self.now()}", "default_region": "US"})["id"]
        upload = self.cluster.api.upload(people, "many.csv", phones.encode())
        read = f"select accepted + rejected from contact_import where id = {upload}"
        for share in (4, 2):
            await_that(lambda: int(self.cluster.database.value(read)) > rows // share, 20, "the import is under way")
            self.to_holder_of(f"import/{upload}", self.cluster.kill, "list_manager")
        end = await_that(lambda: self.ended_import(upload), 30, "the import has ended")
        self.assertEqual((end["state"], end["accepted"], end["rejected"]), ("completed", rows, 0))
        self.assertEqual(self.cluster.database.value(f"select count(distinct phone) from contact where list_id = {people}"), str(rows))

    def ended_import(self, upload: int) -> dict | None:
        seen = self.cluster.api.get(f"/imports/{upload}")
        return None if seen["state"] in ("queued", "running") else seen

    def test_F_03_dialing_goes_on_when_an_application_server_is_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        self.cluster.kill("media1/application_server")
        job.await_calls(30)
        self.cluster.kill("media2/application_server")
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), 2 * KILLED)

    def test_F_06_dialing_goes_on_and_each_call_is_settled_when_an_mpp_is_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        self.cluster.kill("media1/mpp/1")
        job.await_calls(30)
        self.cluster.kill("media2/mpp")
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), 2 * KILLED)

    def test_F_04_dialing_does_not_notice_when_the_dashboards_are_killed(self):
        job = Dialing(self.cluster).await_calls(30)
        self.cluster.kill("server1/dashboard")
        self.cluster.kill("server2/dashboard")
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), KILLED)
