"""What supervisors and administrators ask for about agents, while there is no manager and while they talk: two servers, one zone."""

from agents_case import AgentsCase
from cluster_case import BUSY, FROZEN
from desktops import Desk
from processes import await_that

MOVED = 1.0  # the longest that a desktop's command waits while its zone goes to another server


class AgentsMoved(AgentsCase):
    def test_A_07_what_a_supervisor_asks_for_while_there_is_no_manager_is_done_once_by_the_next(self):
        desks, job = self.talking(2)
        talker, mover = desks
        (idle,) = self.nailed(1)
        idle.do("ready")
        other = self.dial(1, people="never answer")
        await_that(lambda: self.state_of(other) == "running", 10, "the other job takes agents")
        asked_at = self.freeze_managers()
        orders = [self.order([talker], order="release"),
                  self.order([mover], order="move_to_job", job_id=other.id),
                  self.order([idle], order="force_state", agent_state="not_ready", reason="meeting")]
        self.assertEqual({one["state"] for one in orders}, {"pending"})
        self.assert_managed_again(asked_at, FROZEN)
        for one in orders:
            await_that(lambda: self.order_state(one) == "done", 10, f"{one['order']} is done, not {self.order_state(one)}", every=0.1)
        talker.await_states(call="wrapup")
        idle.await_states(agent="not_ready")
        mover.await_states(call="talking", job="pending_movement")
        mover.do("release")
        mover.do("wrap_up", code="done")
        mover.await_states(job="attached")
        self.assertEqual(mover.view["situation"]["job"]["id"], other.id)
        # Whoever follows finds nothing left to do.
        idle.do("ready")
        self.to_manager(self.cluster.kill)
        idle.do("not_ready", reason="pause")
        idle.do("ready")
        idle.await_states(agent="ready")
        self.assertEqual(len([one for one in idle.told("states_changed") if one.value["reason"] == "meeting"]), 1)
        self.assertEqual({self.order_state(one) for one in orders}, {"done"})

    def order(self, desks: list[Desk], **what) -> dict:
        return self.cluster.api.post("/agent-orders", {"agents": [desk.agent for desk in desks], **what})["items"][0]

    def order_state(self, order: dict) -> str:
        (now,) = self.cluster.api.get(f"/agent-orders?request={order['request']}")["items"]
        return now["state"]

    def test_A_12_A_13_a_zone_with_conversations_moves_to_another_server_and_nobody_is_logged_out(self):
        desks, job = self.talking(10)
        here = self.manager()
        there = next(server for server in self.cluster.servers if server != here)
        self.apply_place(here)
        self.cluster.api.request("PUT", "/agent-zones/zone1/server", {"server": there})
        zone = self.zone()
        self.assertEqual((zone["allocated_to"], zone["saved_server"], zone["manager"]["server"]), (here, there, here), "saved, not applied")
        self.assertGreaterEqual(zone["logged_on"], 10)
        (plan,) = [one for one in self.cluster.api.post("/agent-zones/plan", {"with_saved": True})["items"] if one["zone"] == "zone1"]
        self.assertEqual((plan["from"], plan["to"], plan["moves"]), (here, there, True))
        self.assertGreaterEqual(sum(of["count"] for of in plan["agents"] if of["call"] == "talking"), 10)
        applied_at = self.now()
        self.cluster.api.post("/agent-zones/apply", {"zones": ["zone1"]})
        waited, moved = 0.0, False
        while not moved:
            moved = self.manager() == there
            waited = max(waited, self.all_do(desks, "hold"), self.all_do(desks, "resume"))
            self.assertLess(self.now() - applied_at, 10, "the zone is on its way")
        self.assertLess(waited, MOVED + BUSY)
        self.assert_go_on(desks, job)
        zone = self.zone()
        self.assertEqual((zone["allocated_to"], zone["manager"]["server"], zone["moving"]), (there, there, False))
        self.assertNotIn("saved_server", zone)
        self.end_conversations(desks, job)

    def zone(self) -> dict:
        (zone,) = [one for one in self.cluster.api.get("/agent-zones")["items"] if one["name"] == "zone1"]
        return zone

    def apply_place(self, server: str):
        self.cluster.api.request("PUT", "/agent-zones/zone1/server", {"server": server})
        self.cluster.api.post("/agent-zones/apply", {"zones": ["zone1"]})
        await_that(lambda: self.manager() == server, 10, f"zone1 is at {server} again")

    def test_A_18_a_desktop_knows_every_server_and_both_pages_of_its_campaigns_script(self):
        pages = {"primary": "https://one.example/script", "auxiliary": "https://two.example/script"}
        (desk,) = self.nailed(1)
        desk.do("ready")
        self.dial(1, script=pages["primary"], auxiliary_script=pages["auxiliary"])
        desk.await_states(call="talking")
        addresses = desk.view["addresses"]
        self.assertEqual(addresses["scripts"], pages)
        self.assertEqual(len(addresses["servers"]), len(self.cluster.servers))
        # Whichever is lost, the desktop goes to one that it was told of.
        lost = desk.view["server"]
        self.cluster.power_off(lost)
        await_that(lambda: desk.view["connection"] == "connected" and desk.view["server"] != lost, 10, f"{desk.login} is connected again")
        self.assertEqual(desk.view["addresses"]["scripts"], pages)
