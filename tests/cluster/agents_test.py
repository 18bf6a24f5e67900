"""The manager of a zone's agents fails while they talk: two servers, one zone, agents at desktops with phones."""

from contextlib import suppress

from agents_case import AgentsCase, total_ha_ms
from cluster_case import BUSY, FROZEN, KILLED, LOST_DATABASE, LOST_HOST
from desktops import CODE
from processes import await_that

AGENTS = 20
RESUMED = 2.0  # a desktop's session at another server


class ManagerFails(AgentsCase):
    def test_A_02_A_03_A_17_twenty_conversations_go_on_and_commands_wait_half_a_second_at_most_when_the_manager_is_killed(self):
        desks, job = self.talking(AGENTS)
        killed_at = self.to_manager(self.cluster.kill)
        self.assertLess(self.all_do(desks, "hold"), KILLED + BUSY)
        self.assert_managed_again(killed_at, KILLED)
        self.all_do(desks, "resume")
        self.assert_go_on(desks, job)
        for desk in desks:
            (away,) = desk.told("manager_not_available", killed_at)
            self.assertEqual((away.value["zone"], away.value["reason"]), ("zone1", "failed"))
            self.assertGreater(away.value["expected_wait_ms"], 0)
            (back,) = desk.told("manager_available", killed_at)
            self.assertLess(back.value["away_ms"], 1000 * (KILLED + BUSY))
            self.assertEqual(desk.view["continuity"]["resumed"], 0, "its connection is another component's")
            self.assertTrue(0 < total_ha_ms(self.cluster, desk) < 1000 * (KILLED + BUSY), desk.login)
        self.end_conversations(desks, job)

    def test_A_02_conversations_go_on_when_the_manager_stands_still(self):
        desks, job = self.talking(5)
        frozen_at = self.to_manager(self.cluster.freeze)
        self.assertLess(self.all_do(desks, "hold"), FROZEN + BUSY)
        self.assert_managed_again(frozen_at, FROZEN)
        self.all_do(desks, "resume")
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def test_A_02_D_04_conversations_and_sessions_go_on_when_the_managers_server_loses_its_power(self):
        desks, job = self.talking(AGENTS)
        server = self.manager()
        there = [desk for desk in desks if desk.view["server"] == server]
        fault_at = self.now()
        self.cluster.power_off(server)
        self.assertLess(self.all_do(desks, "hold"), LOST_HOST + BUSY)
        self.assert_managed_again(fault_at, LOST_HOST)
        self.all_do(desks, "resume")
        self.assert_go_on(desks, job)
        for desk in there:
            self.assertNotEqual(desk.view["server"], server)
            self.assertEqual(desk.view["continuity"]["resumed"], 1)
            self.assertLess(desk.view["continuity"]["lastGapMs"], 1000 * RESUMED)
        self.end_conversations(desks, job)

    def test_A_02_A_14_conversations_go_on_when_the_managers_server_is_cut_off_from_all(self):
        desks, job = self.talking(5)
        fault_at = self.now()
        self.cluster.cut_off(self.manager(), "database", *self.cluster.hosts)
        self.assertLess(self.all_do(desks, "hold"), LOST_HOST + RESUMED)
        self.assert_managed_again(fault_at, LOST_HOST)
        self.all_do(desks, "resume")
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def test_A_14_another_manager_acts_once_when_the_managers_server_is_cut_off_from_the_database_only(self):
        desks, job = self.talking(5)
        server = self.manager()
        fault_at = self.now()
        self.cluster.cut(server, "database")
        self.assertLess(self.all_do(desks, "add_note", text="once"), LOST_DATABASE + RESUMED)
        self.assert_managed_again(fault_at, LOST_DATABASE)
        self.assertNotEqual(self.manager(), server)
        self.cluster.heal()
        self.assertEqual(self.notes(job), {desk.attempt: ["once"] for desk in desks})
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def test_A_15_a_moment_without_the_network_changes_nothing_for_agents(self):
        desks, job = self.talking(5)
        # Jobs of other tests end when they like.
        before = {resource: holder for resource, holder in self.cluster.holders().items()
                  if resource == f"job/{job.id}" or not resource.startswith("job/")}
        server = self.manager()
        self.cluster.cut_off(server, "database", *self.cluster.hosts)
        self.pause(0.8)
        self.cluster.heal()
        self.all_do(desks, "hold")
        self.all_do(desks, "resume")
        self.assertEqual({resource: self.cluster.holder(resource) for resource in before}, before)
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def test_A_04_what_agents_ask_for_while_there_is_no_manager_is_done_once(self):
        desks, job = self.talking(5)
        for round in range(3):
            wishes = [desk.wish("add_note", text=f"{round} before") for desk in desks]
            self.to_manager(self.cluster.kill)
            wishes += [desk.wish("add_note", text=f"{round} after") for desk in desks]
            for wish in wishes:
                desks[0].wait(wish)
            self.cluster.await_whole()
        wanted = [f"{round} {when}" for round in range(3) for when in ("before", "after")]
        self.assertEqual(self.notes(job), {desk.attempt: wanted for desk in desks})
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def notes(self, job) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        rows = self.cluster.database.rows(f"select attempt, note from contact_note where attempt like '{job.id}-%' order by id")
        for attempt, note in rows:
            found.setdefault(attempt, []).append(note)
        return found


class CallsMeanwhile(AgentsCase):
    def test_A_05_A_06_calls_that_wait_for_an_agent_are_served_after_the_failover_the_oldest_first(self):
        desks = self.nailed(3)
        self.all_do(desks, "ready")
        job = self.dial(3, answer_within_s=30).await_calls(3)
        self.all_do(desks, "not_ready", reason="pause")
        self.await_waiting(job, 3)
        oldest_first = [attempt for (attempt,) in self.cluster.database.rows(
            f"select attempt from live_call where attempt like '{job.id}-%' order by live_at")]
        self.to_manager(self.cluster.kill)
        served = []
        for desk in desks:
            desk.do("ready")
            desk.await_states(call="talking")
            served.append(desk.attempt)
        self.assertEqual(served, oldest_first)
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def test_A_05_a_call_that_waits_through_the_failover_is_a_nuisance_call_only_when_its_window_has_passed(self):
        desks = self.nailed(2)
        self.all_do(desks, "ready")
        job = self.dial(2, answer_within_s=4).await_calls(2)
        self.all_do(desks, "not_ready", reason="pause")
        self.await_waiting(job, 2)
        self.to_manager(self.cluster.kill)
        desks[0].do("ready")
        desks[0].await_states(call="talking")
        (other,) = [call for call in job.calls() if call.attempt != desks[0].attempt]
        await_that(lambda: job.calls() and other.ended is not None, 10, "the other one is sent away")
        self.assertGreaterEqual(other.ended - other.answered, 4000 - 100, "not before its window had passed")
        desks[0].do("release")
        desks[0].do("wrap_up", code=CODE)
        self.assertEqual(job.finish().faults(), [])
        codes = dict(self.cluster.database.rows(f"select phone, code from attempt where job_id = {job.id}"))
        self.assertEqual(codes[other.number], "nuisance")
        self.assertEqual(sorted(codes.values()), ["answer_human", "nuisance"])

    def await_waiting(self, job, calls: int):
        """Answered, and nobody's."""
        count = f"select count(*) from live_call where attempt like '{job.id}-%' and not nuisance"
        await_that(lambda: self.cluster.database.value(count) == str(calls), 10, f"{calls} calls wait")

    def test_A_08_agents_are_told_of_calls_that_ended_while_there_was_no_manager_and_wrap_up(self):
        desks = self.nailed(4)
        self.all_do(desks, "ready")
        job = self.dial(4, people="hang up")
        for desk in desks:
            desk.await_states(call="talking")
        attempts = {desk.attempt for desk in desks}
        frozen_at = self.freeze_managers_before(self.contacts_hang_up_at(job))
        await_that(lambda: self.ended(job) == len(desks), FROZEN, "all hang up", every=0.005)
        for desk in desks:
            desk.await_states(within=FROZEN + 1, call="wrapup", nail="nailed")
            await_that(lambda: desk.told("call_ended", frozen_at), BUSY, f"{desk.login} is told that the call has ended")
        self.all_do(desks, "wrap_up", code=CODE)
        for desk in desks:
            self.assertEqual(len(desk.told("call_ended", frozen_at)), 1, desk.login)
            self.assertEqual(desk.told("logged_off"), [], desk.login)
        self.assert_all_called_once(job)
        self.assertEqual(self.dispositions(job), {attempt: [CODE] for attempt in attempts})

    def ended(self, job) -> int:
        return sum(call.ended is not None for call in job.calls())

    def test_A_22_a_call_whose_end_was_not_heard_of_is_wrapped_up_within_two_seconds_of_the_network(self):
        desks = self.nailed(2)
        self.all_do(desks, "ready")
        job = self.dial(2, people="hang up")
        for desk in desks:
            desk.await_states(call="talking")
        for media in self.cluster.media:
            self.cluster.cut(media, self.manager(), one_way=True)
        await_that(lambda: self.ended(job) == 2, 15, "both hang up")
        self.pause(0.5)
        self.cluster.heal()
        for desk in desks:
            desk.await_states(within=2 + BUSY, call="wrapup")
        self.all_do(desks, "wrap_up", code=CODE)
        self.assert_all_called_once(job)


class OthersFail(AgentsCase):
    def test_D_04_a_session_goes_on_at_another_server_and_the_call_lives_when_its_agent_sdk_is_killed(self):
        desks, job = self.talking(6)
        at = {desk.login: desk.view["server"] for desk in desks}
        killed_at = self.now()
        for server in set(at.values()):
            self.cluster.kill(f"{server}/agent_sdk")
            for desk in (desk for desk in desks if at[desk.login] == server):
                await_that(lambda: desk.view["continuity"]["resumed"] and desk.view["connection"] == "connected", RESUMED + BUSY,
                           f"{desk.login} is connected again")
        self.assertLess(self.all_do(desks, "hold"), BUSY)
        self.all_do(desks, "resume")
        self.assert_go_on(desks, job)
        for desk in desks:
            self.assertLess(desk.view["continuity"]["lastGapMs"], 1000 * RESUMED)
            self.assertEqual(desk.told("manager_not_available", killed_at), [], "the manager was there all the time")
        self.end_conversations(desks, job)

    def test_F_03_commands_are_refused_with_9007_and_done_later_while_no_application_server_answers(self):
        desks, job = self.talking(2)
        for media in self.cluster.media:
            self.stop_component(media, "application_server")
        self.assert_commands_wait_with(9007, desks)
        for media in self.cluster.media:
            self.start_component(media, "application_server")
        self.assert_commands_are_done(desks, job)

    def test_F_03_commands_are_refused_with_9009_and_done_later_while_the_mpp_does_not_answer(self):
        desks, job = self.talking(2)
        media = self.carries(desks)
        (other,) = set(self.cluster.media) - {media}
        self.stop_component(media, "application_server")
        self.cluster.cut(media, other)
        self.assert_commands_wait_with(9009, desks)
        self.cluster.heal()
        self.assert_commands_are_done(desks, job)

    def stop_component(self, host: str, component: str):
        self.addCleanup(self.start_component, host, component)
        self.cluster.ctl("component", "stop", host, component)
        await_that(lambda: self.states(host)[component] == "STOPPED", 10, f"{component} of {host} has stopped")

    def start_component(self, host: str, component: str):
        with suppress(RuntimeError):  # it was started already
            self.cluster.ctl("component", "start", host, component)

    def carries(self, desks) -> str:
        """The media server that has the conversations: fifty packets a second go over its cable each way for each who talks."""
        before = {media: self.cluster.network.packets(media) for media in self.cluster.media}
        self.pause(0.5)
        return max(self.cluster.media, key=lambda media: self.cluster.network.packets(media) - before[media])

    def assert_commands_wait_with(self, code: int, desks):
        """What was asked for first is done as soon as it can be; what comes after it is refused, and asked again by the SDK until then."""
        self.all_do(desks, "hold")
        self.pause(3)
        self.wishes = [desk.wish("resume") for desk in desks]
        for desk in desks:
            await_that(lambda: desk.told("trouble"), 5, f"{desk.login} is told why it waits")
            self.assertEqual({event.value["trouble"]["code"] for event in desk.told("trouble")}, {code})

    def assert_commands_are_done(self, desks, job):
        for wish in self.wishes:
            desks[0].wait(wish)
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)

    def test_F_06_lines_are_called_again_by_themselves_and_agents_stay_when_the_mpps_are_killed(self):
        desks, job = self.talking(3)
        lines = {desk.login: self.line_of(desk).attempt for desk in desks}
        self.dial(30, people="never answer")  # who has no job needs no line
        for media in self.cluster.media:
            self.cluster.kill(f"{media}/mpp")
        for desk in desks:
            desk.await_states(call="wrapup")
        self.all_do(desks, "wrap_up", code=CODE)
        for desk in desks:
            desk.await_states(within=20, agent="ready", nail="nailed")
            self.assertEqual(desk.told("logged_off"), [], desk.login)
            self.assertNotEqual(self.line_of(desk).attempt, lines[desk.login])
            self.assertIsNone(self.line_of(desk).ended)
        self.assert_all_called_once(job)


class SingleServer(AgentsCase):
    SERVERS = 1

    def test_A_21_busy_agents_talk_on_and_dispose_of_their_calls_when_the_only_manager_is_killed(self):
        desks, job = self.talking(3)
        killed_at = self.to_manager(self.cluster.kill)
        for desk in desks:
            await_that(lambda: desk.told("manager_available", killed_at), 5, f"{desk.login} has a manager again")
            self.assertEqual(len(desk.told("manager_not_available", killed_at)), 1)
        self.assert_go_on(desks, job)
        self.end_conversations(desks, job)


class LargeZone(AgentsCase):
    """2,000 agents in the record; so many desktops are the business of ./dev bench agents."""

    LOGGED_ON = 2000

    def setUp(self):
        super().setUp()
        (self.desk,) = self.log_on(1)
        rows = self.cluster.database.rows
        rows("insert into agent (login, zone, skills) select 'crowd-' || n, 'zone1', '{\"crowd\": 1}' from "
             f"generate_series(1, {self.LOGGED_ON}) n on conflict do nothing")
        rows("insert into agent_state (agent_id, agent_state, nail_state, call_state, job_state, since, record) "
             "select a.id, s.agent_state, s.nail_state, s.call_state, s.job_state, s.since, s.record from agent a, agent_state s "
             f"where a.login like 'crowd-%' and s.agent_id = {self.desk.agent} on conflict do nothing")
        self.addCleanup(self.disperse)
        self.to_manager(self.cluster.kill)  # so that a manager loads them
        self.cluster.await_whole()

    def disperse(self):
        """Who is not in the record is not saved by the manager that still knows of them."""
        self.cluster.database.rows("delete from agent where login like 'crowd-%'")
        self.to_manager(self.cluster.kill)
        self.cluster.await_whole()

    def test_A_02_A_16_a_zone_with_2000_agents_is_taken_over_within_a_second_and_the_database_does_not_notice(self):
        window_s = 3.0
        steady = self.cores_for(window_s)
        waited, used = [], []
        for _ in range(3):
            before = self.cluster.database.processor_s()
            killed_at = self.to_manager(self.cluster.kill)
            waited.append(self.desk.do("not_ready", reason="pause").after_s)
            self.assert_managed_again(killed_at, KILLED)
            self.pause(window_s - (self.now() - killed_at))
            used.append((self.cluster.database.processor_s() - before) / window_s - steady)
            self.cluster.await_whole()
        self.assertLess(sorted(waited)[1], KILLED + 1, f"of {waited}")
        self.assertLess(sorted(used)[1], 0.05, f"of a core, of {used}")

    def cores_for(self, seconds: float) -> float:
        before = self.cluster.database.processor_s()
        self.pause(seconds)
        return (self.cluster.database.processor_s() - before) / seconds
