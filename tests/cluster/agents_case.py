"""What the tests with agents share: agents at desktops, with phones that pick up, and the words for what became of their conversations."""

import time
from contextlib import suppress
from typing import Callable

from cluster import Cluster
from cluster_case import ClusterCase
from desktops import CODE, Desk, Desktops, Refused
from dialing import Dialing
from processes import await_that

from api import ApiError  # noqa: E402
from carrier_trace import Call  # noqa: E402

# What the tests' campaigns ask of their agents, and nothing ends by itself.
AGENTS = {"pacing": "progressive", "wrapup_limit_s": 0, "preview_limit_s": 0, "answer_within_s": 2}


HANG_UP_AFTER_S = 12  # those who do (demo/carrier.xml)
EARLIER_S = 0.7  # what is to happen before


class AgentsCase(ClusterCase):
    """Each test has agents of its own, whom no other test's campaign takes: they have a skill that only this test's asks for."""

    def setUp(self):
        super().setUp()
        self.desktops = self.enterContext(Desktops(self.cluster))
        self.addCleanup(self.desktops.leave)
        self.skill = f"of-{int(time.time() * 1000)}"
        self._numbers = iter(range(1, 1000))

    # ---- who is there ------------------------------------------------------------------------------------------------------------

    def log_on(self, count: int, zone: str = "zone1", phone: Callable[[str], str] | None = None, supervisor: bool = False,
               **how) -> list[Desk]:
        """More agents, logged on; with phones that pick up and stay, unless they are told."""
        logins = [f"{self.skill}-{next(self._numbers)}" for _ in range(count)]
        desks = [self.desktops.add(login, zone, {self.skill: 1}, supervisor) for login in logins]
        for future in [desk.begin() for desk in desks]:
            Desk.wait(future)
        for desk in desks:
            address = (phone or self.phone_of)(desk.login)
            await_that(lambda: self._is_logged_on(desk, address, how), 10, f"the manager knows {desk.login}", every=0.1)
        return desks

    def phone_of(self, login: str) -> str:
        return f"sip:{login}@{self.cluster.phones.host}:{self.cluster.phones.port}"

    @staticmethod
    def _is_logged_on(desk: Desk, phone: str, how: dict) -> bool:
        try:
            desk.do("log_on", phone=phone, **how)
        except Refused as refused:
            if refused.error != "no_such_agent":
                raise
            return False
        return True

    def nailed(self, count: int, zone: str = "zone1", **how) -> list[Desk]:
        """More agents, logged on and with their lines up."""
        desks = self.log_on(count, zone, **how)
        self.all_do(desks, "nail_up")
        for desk in desks:
            desk.await_states(nail="nailed")
        return desks

    def all_do(self, desks: list[Desk], method: str, **params) -> float:
        """All at once; the longest that one waited, in seconds."""
        return max(Desk.wait(wish).after_s for wish in [desk.wish(method, **params) for desk in desks])

    def dial(self, contacts: int, zone: str = "zone1", people: str = "listen", **settings) -> Dialing:
        """A job for this test's agents."""
        job = Dialing(self.cluster, zone, contacts, people=people, agents=AGENTS | {"skills": {self.skill: 1}} | settings)
        self.addCleanup(self._stop, job)
        return job

    def _stop(self, job: Dialing):
        with suppress(ApiError):  # it is over already
            self.stop_job(job)

    def talking(self, count: int, zone: str = "zone1", **how) -> tuple[list[Desk], Dialing]:
        """More agents, each in a conversation."""
        desks = self.nailed(count, zone, **how)
        self.all_do(desks, "ready")
        job = self.dial(count, zone)
        for desk in desks:
            desk.await_states(call="talking")
        return desks, job

    # ---- the manager -------------------------------------------------------------------------------------------------------------

    def manager(self, zone: str = "zone1") -> str:
        """The server whose agent manager has the zone."""
        return self.server_of(f"agent_manager/zone/{zone}")

    def to_manager(self, fault, zone: str = "zone1") -> float:
        return self.to_holder_of(f"agent_manager/zone/{zone}", fault, "agent_manager")

    def freeze_managers(self) -> float:
        """Nobody acts until their servers have ended them and begun anew."""
        at = self.now()
        for server in self.cluster.servers:
            self.cluster.freeze(f"{server}/agent_manager")
        return at

    def freeze_managers_before(self, at: float) -> float:
        """Just before what is to happen while nobody acts."""
        self.assertLess(self.now(), at - EARLIER_S, "this machine was too slow: what is to happen meanwhile has happened")
        self.pause(at - EARLIER_S - self.now())
        return self.freeze_managers()

    def contacts_hang_up_at(self, job: Dialing) -> float:
        answered = f"select extract(epoch from min(live_at)) from live_call where attempt like '{job.id}-%'"
        return float(self.cluster.database.value(answered)) + HANG_UP_AFTER_S

    def assert_managed_again(self, fault_at: float, within: float, zone: str = "zone1"):
        self.assert_taken_over(f"agent_manager/zone/{zone}", fault_at, within)

    # ---- conversations -----------------------------------------------------------------------------------------------------------

    def line_of(self, desk: Desk) -> Call:
        """The last call to the agent's phone, as that has it."""
        return [call for call in self.cluster.lines.calls_of(0) if call.attempt.split("-")[1] == str(desk.agent)][-1]

    @staticmethod
    def customer_of(job: Dialing, desk: Desk) -> Call:
        """Whom the agent talks to, as the carrier has it."""
        return next(call for call in job.calls() if call.attempt == desk.attempt)

    def assert_go_on(self, desks: list[Desk], job: Dialing, call: str = "talking"):
        """Nobody was logged out or has missed a notice; neither the contact's call nor the line has ended."""
        for desk in desks:
            desk.await_states(call=call, nail="nailed")
            self.assertEqual(desk.told("logged_off") + desk.told("ended") + desk.told("missed"), [], desk.login)
            self.assertEqual(desk.view["continuity"]["missed"], 0, desk.login)
            self.assertIsNone(self.customer_of(job, desk).ended, f"{desk.login}: the contact's call")
            self.assertIsNone(self.line_of(desk).ended, f"{desk.login}: the line")

    def end_conversations(self, desks: list[Desk], job: Dialing):
        """All release and wrap up, the job ends, and each conversation was disposed of once."""
        attempts = {desk.attempt for desk in desks}
        self.all_do(desks, "release")
        self.all_do(desks, "wrap_up", code=CODE)
        self.assert_all_called_once(job)
        self.assertEqual(self.dispositions(job), {attempt: [CODE] for attempt in attempts})

    def dispositions(self, job: Dialing) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        rows = self.cluster.database.rows(f"select attempt, code from disposition where attempt like '{job.id}-%' order by id")
        for attempt, code in rows:
            found.setdefault(attempt, []).append(code)
        return found


def total_ha_ms(cluster: Cluster, desk: Desk) -> int:
    """'Total HA time' of the agent's time report."""
    return int(cluster.database.value(
        f"select coalesce(sum(ms), 0) from agent_time where agent_id = {desk.agent} and state = 'total_ha_time'"))
