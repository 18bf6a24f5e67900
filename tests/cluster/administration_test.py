"""Administration goes on: at whichever server lives, and while nobody directs. Two servers, one zone."""

import json
import ssl
import time
import urllib.request
import uuid

from cluster_case import ClusterCase
from dialing import Dialing
from processes import await_that

DIRECTOR, MONITOR = "campaign_director", "load_monitor"


class Administration(ClusterCase):
    def test_S_05_every_server_serves_the_whole_console_and_takes_changes_while_another_has_no_power(self):
        lost, left = self.cluster.servers
        self.cluster.power_off(lost)
        url = self.url_of(left)
        for path in ("/", "/status", "/campaigns", "/retention"):
            self.assertIn(b"<title>Everdial", self.fetch("GET", url + path)[1], path)
        saved = self.change(left, "PUT", "/zones/zone1", {"weight": 2.5})
        self.assertEqual(saved["name"], "zone1")
        self.change(left, "PUT", "/zones/zone1", {"weight": 1})
        made = self.change(left, "POST", "/lists", {"name": f"by {time.time()}", "zone": "zone1", "default_region": "US"})
        self.cluster.power_on(lost)
        await_that(lambda: self.serves(lost), 20, f"{lost} serves again")
        there = json.loads(self.fetch("GET", f"{self.url_of(lost)}/api/v1/lists/{made['id']}")[1])
        self.assertEqual(there["name"], made["name"])

    def test_D_06_a_request_that_is_repeated_at_another_server_is_carried_out_once(self):
        first, second = self.cluster.servers
        key, wanted = str(uuid.uuid4()), {"name": f"once {time.time()}", "zone": "zone1", "default_region": "US"}
        made = self.change(first, "POST", "/lists", wanted, key)
        self.cluster.power_off(first)
        self.assertEqual(self.change(second, "POST", "/lists", wanted, key)["id"], made["id"])
        self.assertEqual(len([one for one in self.cluster.api.pages("/lists") if one["name"] == wanted["name"]]), 1)

    def test_C_05_C_06_D_06_jobs_begun_and_paused_while_nobody_directs_wait_and_go_on_by_themselves(self):
        running = Dialing(self.cluster, calls_per_second=3).await_calls(3)
        self.everywhere(DIRECTOR, "stop")
        paused_at = self.now()
        self.cluster.api.post(f"/jobs/{running.id}/requests", {"request": "pause"})
        begun = Dialing(self.cluster, contacts=20)
        self.pause(2)
        self.assertEqual(self.state_of(begun), "queued")
        self.assertEqual(begun.calls(), [])
        self.everywhere(DIRECTOR, "start")
        await_that(lambda: self.state_of(running) == "paused", 10, "the job is paused, once there is a director")
        last = max(call.invited for call in running.calls())
        self.pause(1)
        self.assertEqual([call for call in running.calls() if call.invited > last], [], f"paused at {paused_at}")
        self.cluster.api.post(f"/jobs/{running.id}/requests", {"request": "resume"})
        running.await_calls(1)
        self.stop_job(running)
        self.assert_all_called_once(begun)

    def test_F_02_places_and_accounts_changed_while_nobody_directs_are_kept_and_applied_afterwards(self):
        here = self.server_of("zone_director/zone1")
        there = next(server for server in self.cluster.servers if server != here)
        self.everywhere(DIRECTOR, "stop")
        self.cluster.api.request("PUT", "/zones/zone1", {"home": there})
        self.cluster.api.post("/zones/apply", {"zones": ["zone1"]})
        name, password = f"viewer{int(time.time())}", "long enough for anybody"
        self.cluster.api.post("/accounts", {"name": name, "password": password, "role": "viewer"})
        status, _ = self.fetch("POST", f"{self.url_of(here)}/api/v1/login", {"name": name, "password": password})
        self.assertEqual(status, 200, "who was given an account may come in meanwhile")
        self.everywhere(DIRECTOR, "start")
        await_that(lambda: self.cluster.holder("zone_director/zone1") == there, 20, f"zone1 is directed at {there}")

    def test_F_09_L_02_people_are_told_after_30_s_without_a_load_monitor_and_dialing_goes_on(self):
        job = Dialing(self.cluster, calls_per_second=2)
        self.everywhere(MONITOR, "stop")
        gone_at = self.now()
        await_that(lambda: self.load_alarms(), 45, "the alarm of load data that are too old", every=0.5)
        self.assertGreater(self.now() - gone_at, 25)
        job.await_calls(5)
        self.everywhere(MONITOR, "start")
        await_that(lambda: not self.load_alarms(), 20, "the alarm is over", every=0.5)
        self.stop_job(job)

    # ---- words -------------------------------------------------------------------------------------------------------------------

    def url_of(self, server: str) -> str:
        return self.cluster.urls[self.cluster.servers.index(server)]

    def fetch(self, method: str, url: str, body: dict | None = None, key: str | None = None) -> tuple[int, bytes]:
        """At this server and no other."""
        headers = {"Content-Type": "application/json"}
        if "/login" not in url:
            headers["Authorization"] = f"Bearer {self.cluster.api.token}"
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(url, json.dumps(body).encode() if body is not None else None, headers, method=method)
        trusted = ssl.create_default_context(cafile=self.cluster.authority.certificate)
        with urllib.request.urlopen(request, timeout=10, context=trusted) as answer:
            return answer.status, answer.read()

    def serves(self, server: str) -> bool:
        try:
            return self.fetch("GET", f"{self.url_of(server)}/api/v1/status")[0] == 200
        except OSError:
            return False

    def change(self, server: str, method: str, path: str, body: dict, key: str | None = None) -> dict:
        return json.loads(self.fetch(method, f"{self.url_of(server)}/api/v1{path}", body, key or str(uuid.uuid4()))[1])

    def load_alarms(self) -> list[dict]:
        return [one for one in self.cluster.api.get("/alarms")["items"] if "load" in one["kind"] and not one.get("cleared_at")]
