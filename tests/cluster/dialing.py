"""A job that is dialed steadily while things fail, and what the carrier saw of it."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass

from cluster import Cluster, sox
from processes import await_that

from carrier_trace import Call, Verdict, judge  # noqa: E402
from contacts import all_numbers  # noqa: E402

# Who is called, by what they do (see demo/carrier.xml); each zone's in an order of its own.
PEOPLE = {
    "listen": [number for number in all_numbers() if number[-2:] < "50"],
    "hang up": [number for number in all_numbers() if number[-2:] == "54"],
    "never answer": [number for number in all_numbers() if number[-2:] == "80"],
}
STRATEGY = {
    "ring_timeout_s": 10,
    "max_call_s": 30,
    "prompt": "words.wav",
    "analyse": False,
    "retries": {"general_failure": {"times": 3, "delay_s": 1}},
    "max_attempts": 4,
    "calling_from_minute": 0,
    "calling_until_minute": 0,
}
TALK_S = 1.0
AGENTS_TALK_S = 110  # at most; whoever is called hears nothing for two minutes and takes the caller for gone


@dataclass
class Outcome:
    verdict: Verdict
    state: str
    unsettled: int  # attempts whose end is not in the record
    unknown: int
    unfinished: int  # contacts that are neither done nor given up
    call_lost: set[str]  # whose call was lost with the MPP that had it, which cannot know whether its INVITE arrived: told as such

    def faults(self, hanging: bool = True) -> list[str]:
        found = [f"never called: {number}" for number in self.verdict.lost if number not in self.call_lost]
        found += [f"called twice: {why}" for why in self.verdict.doubled]
        found += [f"called although it must not be: {number}" for number in self.verdict.strangers]
        found += [f"left hanging: {number}" for number in self.verdict.left_hanging if hanging]
        found += [f"{self.unsettled} attempts are not settled"] if self.unsettled else []
        found += [f"{self.unknown} attempts are unknown"] if self.unknown else []
        found += [f"{self.unfinished} contacts are not finished"] if self.unfinished else []
        found += [f"the job is {self.state}"] if self.state != "completed" else []
        return found


def make_prompts(cluster: Cluster):
    """A second of a tone for each media server to play, so that calls last a while. Made once: a file that is read must not change."""
    for host in cluster.media:
        prompt = cluster.data(host) / "prompts" / STRATEGY["prompt"]
        if not prompt.exists():
            sox("-n", "-r", "8000", "-c", "1", "-b", "16", prompt, "synth", TALK_S, "sine", "400", "gain", "-12")


def contact_list(cluster: Cluster, zone: str, contacts: int, people: str) -> int:
    """The zone's list of so many people; imported once in a cluster's life."""
    name = f"{zone}, {contacts} who {people}"
    if found := [one["id"] for one in cluster.api.pages("/lists") if one["name"] == name]:
        return found[0]
    made = cluster.api.post("/lists", {"name": name, "zone": zone, "default_region": "US"})["id"]
    numbers = numbers_of(cluster, zone, contacts, people)
    upload = cluster.api.upload(made, "people.csv", "\n".join(["phone", *numbers, ""]).encode())
    await_that(lambda: cluster.api.get(f"/imports/{upload}")["state"] == "completed", 20, "the import is complete")
    return made


def numbers_of(cluster: Cluster, zone: str, contacts: int, people: str) -> list[str]:
    numbers = PEOPLE[people]
    first = cluster.zones.index(zone) * len(numbers) // len(cluster.zones)
    return numbers[first : first + contacts]


class Dialing:
    """With `agents`, what the campaign asks of them, those talk to whom it reaches; else there is a prompt for everybody."""

    def __init__(self, cluster: Cluster, zone: str = "zone1", contacts: int = 120, calls_per_second: float = 40, people: str = "listen",
                 agents: dict | None = None):
        self.cluster, self.zone = cluster, zone
        self.numbers = set(numbers_of(cluster, zone, contacts, people))
        list_id = contact_list(cluster, zone, contacts, people)
        make_prompts(cluster)
        campaign = {"name": f"{zone} at {time.time()}", "list_id": list_id, "strategy": STRATEGY, "calls_per_second": calls_per_second,
                    "max_calls": 1000}
        if agents is not None:
            campaign |= {"agents": agents, "strategy": STRATEGY | {"max_call_s": AGENTS_TALK_S}}
        made = cluster.api.post("/campaigns", campaign)
        self.id = cluster.api.post(f"/campaigns/{made['id']}/jobs")["id"]

    def calls(self) -> list[Call]:
        return self.cluster.trace.calls_of(self.id)

    def await_calls(self, more: int, within: float = 15) -> "Dialing":
        wanted = len(self.calls()) + more
        await_that(lambda: len(self.calls()) >= wanted, within, f"{more} more calls in {self.zone}")
        return self

    def owner(self) -> str:
        """The server whose campaign manager dials it."""
        return await_that(lambda: self.cluster.holder(f"job/{self.id}"), 10, f"job {self.id} has an owner")

    def finish(self, within: float = 60) -> Outcome:
        await_that(self.is_over, within, f"job {self.id} of {self.zone} is over: {self._progress()}", every=0.1)
        with suppress(TimeoutError):  # it is for faults() to say so
            await_that(lambda: not any(call.ended is None for call in self.calls()), 5, "the carrier's calls have ended", every=0.1)
        query = self.cluster.database.value
        return Outcome(
            judge(self.calls(), self.numbers, STRATEGY["max_attempts"]),
            query(f"select state from job where id = {self.id}"),
            int(query(f"select count(*) from attempt where job_id = {self.id} and state = 'intent'")),
            int(query(f"select count(*) from attempt where job_id = {self.id} and state = 'unknown'")),
            int(query(f"select count(*) from job_contact where job_id = {self.id} and state <> 'done'")),
            {phone for (phone,) in self.cluster.database.rows(
                f"select phone from attempt where job_id = {self.id} and code = 'call_lost'")})

    def is_over(self) -> bool:
        return self.cluster.database.value(f"select state from job where id = {self.id}") in ("completed", "stopped")

    def _progress(self) -> str:
        return json.dumps(self.cluster.database.rows(f"select state, count(*) from job_contact where job_id = {self.id} group by 1"))

    def longest_gap(self, first: int = 0, last: int | None = None) -> float:
        """The longest time without a new INVITE, in seconds, from one of the job's calls to another."""
        invited = [call.invited for call in self.calls()][first:last]
        return max((b - a for a, b in zip(invited, invited[1:])), default=0) / 1000
