"""Table 9 of the guide, cell by cell, with real processes: what agents are before and after their manager fails. Two servers, one zone.

As Everdial promises: one cell differs on purpose, who was passive in a conference whose contact is gone is idle, and not shown a preview.
"""

from datetime import datetime, timedelta, timezone

from agents_case import HANG_UP_AFTER_S, AgentsCase
from cluster_case import FROZEN
from desktops import CODE, Desk, Refused
from dialing import PEOPLE, Dialing
from processes import await_that

RINGS_S = 10  # dialing.STRATEGY

# Call state before; after: nothing lost, line lost, contact gone.
TABLE_9 = """
idle                idle                idle      idle
talking             talking             wrapup    wrapup
wrapup              wrapup              wrapup    wrapup
held                held                wrapup    wrapup
consult             consult             wrapup    wrapup
consult:passive     consult             idle      idle
conference_owner    conference_owner    wrapup    wrapup
conference_passive  conference_passive  idle      idle
preview             preview             idle      preview
dialing             talking             wrapup    wrapup
callback            callback            callback  callback
pending_call        idle                idle      idle
"""
CELLS = {before: after for before, *after in map(str.split, TABLE_9.strip().splitlines())}
NOTHING_LOST, LINE_LOST, CONTACT_GONE = range(3)


class Cells(AgentsCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self._callees = {people: iter(reversed(PEOPLE[people])) for people in ("hang up", "never answer")}

    def phone_that(self, does: str):
        """Phones as the carrier's people are: a number of its own for each agent."""
        return lambda login: next(self._callees[does])

    def in_conversation_states(self, people: str = "listen", **how) -> tuple[dict[str, Desk], Dialing]:
        """An agent in each state that has to do with an answered call, and the job."""
        alone = ["talking", "wrapup", "held"]
        owners, passives = ["consult", "conference_owner"], ["consult:passive", "conference_passive"]
        desks = dict(zip([*alone, *owners, *passives, "idle"], self.nailed(8, **how)))
        with_contact = [desks[name] for name in (*alone, *owners)]
        (desks["pending_call"],) = pending = self.log_on(1, phone=self.phone_that("never answer"), keep_line=False)
        self.all_do([*with_contact, *pending], "ready")
        job = self.dial(len(with_contact) + 1, people=people)
        for desk in with_contact:
            desk.await_states(call="talking")
        self.all_do([desks[name] for name in passives], "ready")
        for desk in (desks[name] for name in passives):
            desk.await_states(job="attached")
        desks["held"].do("hold")
        desks["wrapup"].do("release")
        for owner, passive in zip(owners, passives):
            desks[owner].do("consult", agent=desks[passive].agent)
        desks["conference_owner"].do("start_conference")
        return desks, job

    def in_preview_states(self, people: str = "listen", **how) -> tuple[dict[str, Desk], Dialing]:
        """An agent who sees a contact before it is called, one who has promised to call one again, and one who dials."""
        desks = dict(zip(["preview", "callback", "dialing"], self.nailed(3, **how)))
        self.all_do([*desks.values()], "ready")
        job = self.dial(3, people=people, pacing="preview")
        for desk in desks.values():
            desk.await_states(call="preview")
        self.to_callback(desks["callback"])
        desks["dialing"].do("dial_preview")
        return desks, job

    def to_callback(self, desk: Desk):
        """Promises one while the contact is shown, and does the rest of the work with it."""
        now = datetime.now(timezone.utc)
        desk.do("create_callback", kind="strict_agent", at=(now + timedelta(seconds=0.5)).isoformat(timespec="milliseconds")[:-6] + "Z",
                until=(now + timedelta(hours=1)).isoformat(timespec="milliseconds")[:-6] + "Z")
        desk.do("cancel_preview")
        desk.await_states(call="callback")

    def assert_before(self, desks: dict[str, Desk]):
        for name, desk in desks.items():
            desk.await_states(within=2, call=name.split(":")[0])

    def assert_after(self, desks: dict[str, Desk], column: int, fault_at: float):
        wanted = {name: CELLS[name][column] for name in desks}
        for desk in desks.values():
            await_that(lambda: desk.told("manager_available", fault_at), FROZEN + 5, f"{desk.login} has a manager again")
        try:
            await_that(lambda: {name: desk.call for name, desk in desks.items()} == wanted, 3, "the table is so")
        except TimeoutError:
            self.assertEqual({name: desk.call for name, desk in desks.items()}, wanted)
        for name, desk in desks.items():
            self.assertEqual(desk.told("logged_off"), [], name)
        self.assertEqual(self.cluster.database.value("select count(*) from disposition where code = 'desktop_error' and agent_id in "
                                                     f"({', '.join(str(desk.agent) for desk in desks.values())})"), "0")

    # ---- the columns -------------------------------------------------------------------------------------------------------------

    def test_A_10_nothing_is_lost(self):
        desks, job = self.in_conversation_states()
        self.assert_before(desks)
        before = {name: desk.states for name, desk in desks.items()}
        killed_at = self.to_manager(self.cluster.kill)
        self.assert_after(desks, NOTHING_LOST, killed_at)
        same = [name for name in desks if name != "pending_call"]
        self.assertEqual({name: desks[name].states for name in same}, {name: before[name] for name in same})
        for name in ("talking", "held", "consult", "conference_owner"):
            self.assertIsNone(self.customer_of(job, desks[name]).ended, name)
        # Each goes on from where it is.
        desks["held"].do("resume")
        desks["consult"].do("complete_transfer")
        desks["consult:passive"].await_states(call="talking")
        desks["conference_owner"].do("change_conference_owner")
        desks["conference_passive"].await_states(call="conference_owner")
        self.all_do([desks[name] for name in ("talking", "held", "consult:passive", "conference_passive")], "release")

    def test_A_10_nothing_is_lost_of_contacts_that_are_shown_or_dialed(self):
        desks, _ = self.in_preview_states()
        self.assert_before(desks)
        killed_at = self.to_manager(self.cluster.kill)
        self.assert_after(desks, NOTHING_LOST, killed_at)

    def test_A_10_the_lines_are_lost(self):
        desks, _ = self.in_conversation_states(phone=self.phone_that("hang up"))
        self.assert_before(desks)
        fault_at = self.freeze_when_phones_are_about_to_hang_up(desks)
        self.assert_after(desks, LINE_LOST, fault_at)

    def test_A_10_the_lines_are_lost_of_agents_who_see_or_dial_a_contact(self):
        desks, _ = self.in_preview_states(people="never answer", phone=self.phone_that("hang up"))
        self.assert_before(desks)
        fault_at = self.freeze_when_phones_are_about_to_hang_up(desks)
        self.assert_after(desks, LINE_LOST, fault_at)

    def freeze_when_phones_are_about_to_hang_up(self, desks: dict[str, Desk]) -> float:
        """The phones are the carrier's, so it has their log."""
        nailed = [desk for name, desk in desks.items() if name != "pending_call"]
        picked_up = [event.at for desk in nailed for event in desk.told("states_changed") if event.value["states"]["nail"] == "nailed"]
        fault_at = self.freeze_managers_before(min(picked_up) + HANG_UP_AFTER_S)
        agents = {str(desk.agent) for desk in nailed}
        await_that(lambda: all(line.ended for line in self.cluster.trace.calls_of(0) if line.attempt.split("-")[1] in agents), FROZEN,
                   "all phones have hung up")
        return fault_at

    def test_A_10_the_contacts_are_gone(self):
        desks, job = self.in_conversation_states(people="hang up")
        self.assert_before(desks)
        under_way = [call for call in job.calls() if call.ended is None]
        fault_at = self.freeze_managers_before(self.contacts_hang_up_at(job))
        await_that(lambda: job.calls() and all(call.ended for call in under_way), FROZEN, "all contacts have hung up")
        self.assert_after(desks, CONTACT_GONE, fault_at)

    def test_A_10_the_contacts_are_gone_that_were_shown_or_dialed(self):
        desks, job = self.in_preview_states(people="never answer")
        self.assert_before(desks)
        (dialed,) = await_that(job.calls, 5, "the contact is called")
        (ordered,) = [event.at for event in desks["dialing"].told("states_changed") if event.value["states"]["call"] == "dialing"]
        fault_at = self.freeze_managers_before(ordered + RINGS_S)
        await_that(lambda: job.calls() and dialed.ended, FROZEN, "the dialer gives up")
        self.assert_after(desks, CONTACT_GONE, fault_at)

    # ---- job states --------------------------------------------------------------------------------------------------------------

    def test_A_11_job_states_stay_and_what_was_put_off_comes_after_the_call(self):
        (supervisor,) = self.log_on(1, supervisor=True)
        names = ["attached", "pending_manual_inbound", "pending_movement"]
        talking, job = self.talking(3)
        desks = dict(zip(names, talking))
        desks["manual_inbound"], desks["detached"] = self.nailed(2)
        other = self.dial(1, people="never answer", agents_most=1)
        desks["pending_manual_inbound"].do("blend_to_inbound")
        desks["manual_inbound"].do("blend_to_inbound")
        await_that(lambda: self.is_moved(supervisor, desks["pending_movement"], other), 5, "the manager knows the other job", every=0.2)
        for name, desk in desks.items():
            desk.await_states(job=name)
        before = {name: desk.states for name, desk in desks.items()}
        killed_at = self.to_manager(self.cluster.kill)
        for desk in desks.values():
            await_that(lambda: desk.told("manager_available", killed_at), 5, f"{desk.login} has a manager again")
        self.assertEqual({name: desk.states for name, desk in desks.items()}, before)
        self.all_do(talking, "release")
        self.all_do(talking, "wrap_up", code=CODE)
        self.assertEqual(desks["pending_manual_inbound"].await_states(call="idle").states["job"], "manual_inbound")
        desks["pending_movement"].await_states(call="idle", job="attached")
        self.assertEqual(desks["pending_movement"].view["situation"]["job"]["id"], other.id)

    @staticmethod
    def is_moved(supervisor: Desk, desk: Desk, job: Dialing) -> bool:
        try:
            supervisor.do("move_to_job", agent=desk.agent, job=job.id)
        except Refused as refused:
            if refused.error != "no_such_job":
                raise
            return False
        return True

    def test_A_11_who_works_for_a_job_that_has_ended_goes_on_with_the_call(self):
        desks, job = self.talking(2)
        self._stop(job)
        for desk in desks:
            desk.await_states(job="end", call="talking")
        self.to_manager(self.cluster.kill)
        self.all_do(desks, "hold")
        self.all_do(desks, "resume")
        self.assert_go_on(desks, job)
        for desk in desks:
            self.assertEqual(desk.states["job"], "end")
        self.all_do(desks, "release")
        self.all_do(desks, "wrap_up", code=CODE)
        for desk in desks:
            desk.await_states(call="idle", job="detached", agent="ready")
