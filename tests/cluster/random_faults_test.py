"""Minutes of random faults while two zones are dialed: whatever happens in whatever order, each person is called once."""

import os
import random
import time

from cluster import ON_MEDIA_SERVERS, ON_SERVERS
from cluster_case import ClusterCase
from dialing import Dialing

FOR_S = float(os.environ.get("EVERDIAL_FAULTS_S", "300"))
CALLS_PER_SECOND = 15
# So many servers, and media servers, may be out of order at once.
MOST_SERVERS, MOST_MEDIA = 2, 1


class RandomFaults(ClusterCase):
    SERVERS, ZONES = 4, 2

    def test_D_03_M_05_M_06_nobody_is_lost_or_called_twice_in_minutes_of_random_faults(self):
        seed = int(os.environ.get("EVERDIAL_FAULTS_SEED", time.time()))
        chance = random.Random(seed)
        contacts = int(FOR_S * CALLS_PER_SECOND)
        jobs = [Dialing(self.cluster, zone, contacts, CALLS_PER_SECOND).await_calls(10, within=30) for zone in self.cluster.zones]
        until = time.monotonic() + FOR_S
        story = []
        while time.monotonic() < until and not all(job.is_over() for job in jobs):
            story.append(self.one_fault(chance))
            print(f"{FOR_S - (until - time.monotonic()):6.1f} s  {story[-1]}", flush=True)
            self.pause(chance.uniform(0.2, 5))
        self.cluster.restore()
        try:
            for job in jobs:
                outcome = job.finish(within=120)
                # A BYE that the network has lost is repeated by the MPP that said it, and no more when this one dies at that moment.
                print(f"job {job.id}: {len(outcome.verdict.left_hanging)} of {outcome.verdict.answered} callees heard no BYE", flush=True)
                self.assertEqual(outcome.faults(hanging=False), [], f"job {job.id} of {job.zone}")
                self.assertLess(len(outcome.verdict.left_hanging), outcome.verdict.answered / 100)
        except (AssertionError, TimeoutError) as error:
            raise AssertionError(f"seed {seed}, {len(story)} faults: {error}") from error
        self.assertGreater(sum(len(job.calls()) for job in jobs), contacts)

    def one_fault(self, chance: random.Random) -> str:
        """Does something, and returns what. Servers without power come back, cuts heal, frozen processes are ended by their servers."""
        hosts = self.cluster.hosts
        dark = [host for host in hosts if not self.cluster.is_running(host)]
        faults = ["kill", "kill", "kill", "freeze", "freeze", "stop", "power off", "cut", "cut off", "one way", "lose", "heal", "heal"]
        fault = chance.choice(faults + ["power on"] * 4 * len(dark))
        host, other = chance.choice(hosts), chance.choice([*hosts, "database"])
        try:
            if fault in ("kill", "freeze", "stop"):
                name = f"{host}/{chance.choice(self.components(host))}"
                {"kill": self.cluster.kill, "freeze": self.cluster.freeze, "stop": self.cluster.stop}[fault](name)
                return f"{fault} {name}"
            if fault == "power off":
                kind, most = (self.cluster.servers, MOST_SERVERS) if host in self.cluster.servers else (self.cluster.media, MOST_MEDIA)
                if len([one for one in kind if one in dark]) < most:
                    self.cluster.power_off(host)
                    return f"power off {host}"
            elif fault == "power on":
                self.cluster.power_on(dark[0])
                return f"power on {dark[0]}"
            elif fault == "cut" and other != host:
                self.cluster.cut(host, other)
                return f"cut {host} {other}"
            elif fault == "one way" and other != host:
                self.cluster.cut(other, host, one_way=True)
                return f"{other} does not reach {host}"
            elif fault == "cut off":
                self.cluster.cut_off(host, "database", *hosts)
                return f"cut off {host}"
            elif fault == "lose":
                self.cluster.lose(host, 20)
                return f"lose a fifth of {host}'s packets"
            self.cluster.heal()
            return "heal"
        except ProcessLookupError as gone:  # it was down already
            return f"({gone})"

    def components(self, host: str) -> list[str]:
        return ON_SERVERS if host in self.cluster.servers else ON_MEDIA_SERVERS
