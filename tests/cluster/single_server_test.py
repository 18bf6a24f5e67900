"""One server alone: what waits while it, or a component of it, is away, and goes on by itself afterwards."""

from agents_case import AgentsCase
from dialing import Dialing
from processes import await_that


ROWS = 100_000  # more than are imported until the power is off


class SingleServer(AgentsCase):
    SERVERS = 1

    def test_M_08_campaigns_stay_running_and_agents_talk_while_there_is_no_campaign_manager(self):
        desks, talked = self.talking(2)
        job = Dialing(self.cluster, calls_per_second=5).await_calls(3)
        self.everywhere("campaign_manager", "stop")
        before = len(job.calls())
        self.pause(2)
        self.assertEqual(self.state_of(job), "running")
        self.assertEqual(len(job.calls()), before, "nobody dials")
        self.all_do(desks, "hold")
        self.all_do(desks, "resume")
        self.everywhere("campaign_manager", "start")
        job.await_calls(3)
        self.assert_go_on(desks, talked)
        self.end_conversations(desks, talked)
        self.stop_job(job)
        self.assertEqual(job.finish().verdict.doubled, [])

    def test_F_01_running_jobs_and_imports_resume_after_the_only_server_was_rebooted(self):
        job = Dialing(self.cluster, calls_per_second=20).await_calls(10)
        (server,) = self.cluster.servers
        rows = "".join(f"+121255{number:05}\n" for number in range(ROWS))
        made = self.cluster.api.post("/lists", {"name": f"rebooted {self.now()}", "zone": "zone1", "default_region": "US"})["id"]
        upload = self.cluster.api.upload(made, "people.csv", ("phone\n" + rows).encode())
        self.cluster.power_off(server)
        reached = self.cluster.database.value(f"select state from contact_import where id = {upload}")
        self.assertNotEqual(reached, "completed", "it was cut short")
        self.pause(1)
        self.cluster.power_on(server)
        self.cluster.await_whole()
        await_that(lambda: self.cluster.api.get(f"/imports/{upload}")["state"] == "completed", 60, "the import is complete", every=0.1)
        self.assertEqual(self.cluster.api.get(f"/lists/{made}")["contacts"], ROWS)
        job.await_calls(10)
        self.assert_all_called_once(job)
