"""What the network does to a server that dials: three servers, two zones, a job in each, each job at a server of its own."""

from cluster_case import BUSY, FROZEN, LOST_DATABASE, LOST_HOST, ClusterCase
from dialing import Dialing
from processes import await_that


class Network(ClusterCase):
    SERVERS, ZONES = 3, 2

    def dial_in_both_zones(self) -> tuple[Dialing, Dialing, str]:
        """The job that is to go on undisturbed, the one that is to lose its server, and that server."""
        calm, hit = self.dial_apart("zone1", "zone2")
        while self.server_of("rule_engine") == hit.owner():
            self.pass_on("rule_engine")
        return calm, hit, hit.owner()

    def assert_goes_on(self, calm: Dialing, hit: Dialing, fault_at: float, within: float):
        self.assert_taken_over(f"job/{hit.id}", fault_at, within)
        self.assert_all_called_once(calm, hit)
        self.assertLess(hit.longest_gap(), within + BUSY)
        self.assertLess(calm.longest_gap(), BUSY)

    def test_D_05_M_03_dialing_goes_on_elsewhere_when_a_server_loses_its_power(self):
        calm, hit, server = self.dial_in_both_zones()
        fault_at = self.now()
        self.cluster.power_off(server)
        self.assert_goes_on(calm, hit, fault_at, LOST_HOST)

    def test_M_03_dialing_goes_on_elsewhere_when_a_server_is_cut_off_from_all(self):
        calm, hit, server = self.dial_in_both_zones()
        fault_at = self.now()
        self.cluster.cut_off(server, "database", *self.cluster.hosts)
        self.assert_goes_on(calm, hit, fault_at, LOST_HOST)

    def test_M_03_dialing_goes_on_elsewhere_when_a_server_is_cut_off_from_the_database_only(self):
        calm, hit, server = self.dial_in_both_zones()
        fault_at = self.now()
        self.cluster.cut(server, "database")
        self.assert_goes_on(calm, hit, fault_at, LOST_DATABASE)

    def test_M_03_dialing_goes_on_elsewhere_when_what_a_server_sends_does_not_reach_the_database(self):
        calm, hit, server = self.dial_in_both_zones()
        fault_at = self.now()
        self.cluster.cut(server, "database", one_way=True)
        self.assert_goes_on(calm, hit, fault_at, LOST_DATABASE)

    def test_M_03_dialing_goes_on_elsewhere_when_what_the_database_sends_does_not_reach_a_server(self):
        calm, hit, server = self.dial_in_both_zones()
        fault_at = self.now()
        self.cluster.cut("database", server, one_way=True)
        self.assert_goes_on(calm, hit, fault_at, LOST_DATABASE)

    def test_M_03_dialing_goes_on_elsewhere_when_a_server_is_cut_off_from_all_but_the_database(self):
        calm, hit, server = self.dial_in_both_zones()
        fault_at = self.now()
        self.cluster.cut_off(server, *self.cluster.hosts)
        self.assert_goes_on(calm, hit, fault_at, LOST_HOST)

    def test_A_15_a_moment_without_the_network_changes_no_owner(self):
        calm, hit, server = self.dial_in_both_zones()
        before = self.cluster.holders()
        self.cluster.cut_off(server, "database", *self.cluster.hosts)
        self.pause(0.8)
        self.cluster.heal()
        hit.await_calls(20)
        self.assertEqual(self.cluster.holders(), before)
        self.assert_all_called_once(calm, hit)

    def test_M_05_each_contact_is_called_once_though_a_fifth_of_a_servers_packets_is_lost(self):
        calm, hit, server = self.dial_in_both_zones()
        self.cluster.lose(server, 20)
        self.assert_all_called_once(calm, hit)
        self.assertLess(calm.longest_gap(), BUSY)

    def test_F_06_dialing_goes_on_over_the_other_when_a_media_server_loses_its_power(self):
        job = Dialing(self.cluster, contacts=300).await_calls(20)
        before = len(job.calls())
        self.cluster.power_off("media1")
        job.await_calls(80)
        self.assertLess(job.longest_gap(before - 1, before + 80), FROZEN)
        self.cluster.power_on("media1")
        self.assert_all_called_once(job)

    def test_M_04_a_server_without_power_is_never_shown_as_running(self):
        server = self.cluster.servers[-1]
        self.cluster.power_off(server)
        await_that(lambda: set(self.states(server).values()) == {"STOPPED"}, LOST_HOST, f"{server} is shown as stopped")
