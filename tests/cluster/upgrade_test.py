"""Two versions of the program side by side, and the way from one to the next as docs/operating/upgrade.md tells it: two servers, one
zone."""

import json
import shutil
import subprocess

from cluster import BUILD, DIRECTORY
from cluster_case import ClusterCase
from dialing import Dialing
from processes import await_that

NOW, NEXT = "everdial", "everdial_next"


class Upgraded(ClusterCase):
    def setUp(self):
        super().setUp()
        shutil.copy2(BUILD / "main" / NEXT, DIRECTORY / "bin")

    def test_servers_are_upgraded_and_taken_back_one_after_the_other_while_dialing_goes_on(self):
        job = Dialing(self.cluster, contacts=6000).await_calls(30)
        for program in (NEXT, NOW):
            for host in self.cluster.hosts:
                self.change_program(host, program)
                self.assertEqual(self.version_of(host), self.version(program))
                job.await_calls(20)
            self.assertEqual({self.version_of(host) for host in self.cluster.hosts}, {self.version(program)})
        self.cluster.api.post(f"/jobs/{job.id}/requests", {"request": "stop"})
        verdict = job.finish().verdict
        self.assertEqual([*verdict.doubled, *verdict.left_hanging, *verdict.strangers], [])

    def change_program(self, host: str, program: str):
        ctl = self.cluster.ctl
        await_that(lambda: self.may_go(host), 30, f"{host} may be taken away")
        ctl("servers", "park", host, "--wait")
        self.cluster.stop(host)
        self.cluster.await_ended(host)
        self.cluster.start(host, program=program)
        self.cluster.await_whole()
        ctl("servers", "unpark", host)

    def may_go(self, host: str) -> bool:
        try:
            return bool(self.cluster.ctl("servers", "upgrade-check", host))
        except RuntimeError:  # not yet: the one that came back last has not told what it hears
            return False

    def version_of(self, host: str) -> str:
        return next(server["version"] for server in json.loads(self.cluster.ctl("servers", "-o", "json")) if server["name"] == host)

    def version(self, program: str) -> str:
        shown = subprocess.run([DIRECTORY / "bin" / program, "version"], check=True, stdout=subprocess.PIPE, text=True).stdout
        return shown.split()[-1]
