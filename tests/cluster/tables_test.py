"""The deployment tables of the guide, before and after: what each component is on each server, as everdialctl says it.

Components that do not exist yet have no row; that none of them is shown is a test of its own.
"""

from cluster_case import BUSY, FULLY_OPERATIONAL, ClusterCase
from dialing import Dialing
from processes import await_that

TABLE_1 = """
list_manager       RUNNING                 RUNNING
campaign_director  MASTER:common,zone1     DORMANT
campaign_manager   RUNNING                 RUNNING
agent_manager      MASTER:zone1            DORMANT
agent_sdk          RUNNING                 RUNNING
dashboard          RUNNING                 RUNNING
rule_engine        MASTER                  DORMANT
load_monitor       MASTER                  DORMANT
"""
TABLE_2 = """
list_manager       STOPPED                 RUNNING
campaign_director  STOPPED                 MASTER:common,zone1
campaign_manager   STOPPED                 RUNNING
agent_manager      STOPPED                 MASTER:zone1
agent_sdk          STOPPED                 RUNNING
dashboard          STOPPED                 RUNNING
rule_engine        STOPPED                 MASTER
load_monitor       STOPPED                 MASTER
"""
TABLE_3 = """
list_manager       RUNNING                 RUNNING                 RUNNING
campaign_director  MASTER:common,zone1     DORMANT:zone2           DORMANT
campaign_manager   RUNNING                 RUNNING                 RUNNING
agent_manager      MASTER:zone1            MASTER:zone2            DORMANT
agent_sdk          RUNNING                 RUNNING                 RUNNING
dashboard          RUNNING                 RUNNING                 RUNNING
rule_engine        MASTER                  DORMANT                 DORMANT
load_monitor       MASTER                  DORMANT                 DORMANT
"""
TABLE_4 = """
list_manager       RUNNING                 STOPPED                 RUNNING
campaign_director  MASTER:common,zone1     STOPPED                 DORMANT:zone2
campaign_manager   RUNNING                 STOPPED                 RUNNING
agent_manager      MASTER:zone1            STOPPED                 MASTER:zone2
agent_sdk          RUNNING                 STOPPED                 RUNNING
dashboard          RUNNING                 STOPPED                 RUNNING
rule_engine        MASTER                  STOPPED                 DORMANT
load_monitor       MASTER                  STOPPED                 DORMANT
"""
TABLE_5 = """
list_manager       RUNNING                 RUNNING                 RUNNING                 RUNNING
campaign_director  MASTER:common,zone1     DORMANT:zone2           DORMANT                 DORMANT
campaign_manager   RUNNING                 RUNNING                 RUNNING                 RUNNING
agent_manager      MASTER:zone1            MASTER:zone2            DORMANT                 DORMANT
agent_sdk          RUNNING                 RUNNING                 RUNNING                 RUNNING
dashboard          RUNNING                 RUNNING                 RUNNING                 RUNNING
rule_engine        MASTER                  DORMANT                 DORMANT                 DORMANT
load_monitor       MASTER                  DORMANT                 DORMANT                 DORMANT
"""
# Which of the two that live is master of what is not laid down; the zones are to be apart.
TABLE_6 = """
list_manager       STOPPED                 STOPPED                 RUNNING                 RUNNING
campaign_director  STOPPED                 STOPPED                 MASTER:common,zone1     DORMANT:zone2
campaign_manager   STOPPED                 STOPPED                 RUNNING                 RUNNING
agent_manager      STOPPED                 STOPPED                 MASTER:zone1            MASTER:zone2
agent_sdk          STOPPED                 STOPPED                 RUNNING                 RUNNING
dashboard          STOPPED                 STOPPED                 RUNNING                 RUNNING
rule_engine        STOPPED                 STOPPED                 MASTER                  DORMANT
load_monitor       STOPPED                 STOPPED                 MASTER                  DORMANT
"""

# What is shown beside a component's state, and the lease whose holder it is.
ZONES = ("zone1", "zone2")
ZONES_OF = {"campaign_director": {"common": "campaign_director", **{zone: f"zone_director/{zone}" for zone in ZONES}},
            "agent_manager": {zone: f"agent_manager/zone/{zone}" for zone in ZONES}}


class Tables(ClusterCase):
    maxDiff = None

    def arrange(self, zone_2_at: str = "server1"):
        """All masters on server1, as the tables begin, but zone 2 elsewhere where it is so."""
        for component in ("campaign_director", "rule_engine", "load_monitor"):
            self.hand_over(component, "server1", component)
            # Whoever holds it next is for the components to find out.
            self.cluster.database.rows(f"update ha_lease set desired = null where resource = '{component}'")
        for zone in self.cluster.zones:
            self.hand_over(f"zone_director/{zone}", zone_2_at if zone == "zone2" else "server1", "campaign_director")
            self.hand_over(f"agent_manager/zone/{zone}", zone_2_at if zone == "zone2" else "server1", "agent_manager")
            self.cluster.database.rows(f"update ha_lease set desired = null where resource = 'agent_manager/zone/{zone}'")
        self.cluster.await_whole()

    def hand_over(self, resource: str, server: str, component: str):
        """As the director itself writes it down."""
        self.cluster.database.rows(f"update ha_lease set preferred = '{server}', desired = (select incarnation from ha_session where "
                                   f"component = '{component}' and server = '{server}' and not draining) where resource = '{resource}'")
        await_that(lambda: self.cluster.holder(resource) == server, 10, f"{resource} is at {server}")

    def table(self) -> dict[str, list[str]]:
        status = self.cluster.status()
        holders = {lease["resource"]: lease.get("server") for lease in status["leases"]}
        table: dict[str, list[str]] = {}
        for server in status["servers"]:
            if server["name"] not in self.cluster.servers:
                continue
            for component in server["components"]:
                name, state = component["component"], component["state"]
                of_zones = ZONES_OF.get(name, {}) if state != "STOPPED" else {}
                roles = [role for role, resource in of_zones.items() if holders.get(resource) == server["name"]]
                table.setdefault(name, []).append(state + (":" + ",".join(roles) if roles else ""))
        return table

    def assert_table(self, wanted: str, within: float = 10, interchangeable: int = 0):
        """The last so many servers may stand for each other, in each row anew, and so may the two zones."""

        def normal(table: dict[str, list[str]]) -> dict[str, list[str]]:
            settled = len(self.cluster.servers) - interchangeable
            return {name: states[:settled] + sorted(states[settled:]) for name, states in table.items()}

        rows = normal({name: states for name, *states in map(str.split, wanted.strip().splitlines())})
        swapped = normal({name: [state.translate(str.maketrans("12", "21")) for state in states] for name, states in rows.items()})
        right = [rows, swapped] if interchangeable else [rows]

        def shown() -> dict[str, list[str]]:
            return normal({name: states for name, states in self.table().items() if name in rows})

        try:
            await_that(lambda: shown() in right, within, "the table is so")
        except TimeoutError:
            self.assertEqual(shown(), rows)


class TwoServers(Tables):
    def test_D_01_D_05_table_1_becomes_table_2_within_five_seconds_when_server_1_loses_its_power(self):
        self.arrange()
        self.assert_table(TABLE_1)
        job = Dialing(self.cluster).await_calls(30)
        self.cluster.power_off("server1")
        self.assert_table(TABLE_2, FULLY_OPERATIONAL)
        self.assert_all_called_once(job)
        self.assertLess(job.longest_gap(), FULLY_OPERATIONAL)

    def test_C_16_a_server_that_comes_back_is_dormant(self):
        self.arrange()
        self.cluster.power_off("server1")
        self.assert_table(TABLE_2)
        self.cluster.power_on("server1")
        self.cluster.await_whole()
        self.assertEqual({name: states[0] for name, states in self.table().items() if states[0] != "RUNNING"},
                         {"agent_manager": "DORMANT", "campaign_director": "DORMANT", "rule_engine": "DORMANT", "load_monitor": "DORMANT"})

    def test_S_02_components_that_are_not_there_yet_are_not_shown(self):
        self.assertEqual(sorted(self.table()), ["agent_manager", "agent_sdk", "campaign_director", "campaign_manager", "dashboard",
                                                "list_manager", "load_monitor", "rule_engine"])


class ThreeServers(Tables):
    SERVERS, ZONES = 3, 2

    def test_D_02_table_3_becomes_table_4_and_zone_1_is_dialed_without_a_pause_when_server_2_loses_its_power(self):
        self.arrange(zone_2_at="server2")
        zone_1, zone_2 = self.dial_apart("zone1", "zone2")
        self.hand_over(f"job/{zone_2.id}", "server2", "campaign_manager")
        self.hand_over(f"job/{zone_1.id}", "server1", "campaign_manager")
        self.assert_table(TABLE_3)
        fault_at = self.now()
        self.cluster.power_off("server2")
        self.assert_taken_over("agent_manager/zone/zone2", fault_at, FULLY_OPERATIONAL)
        self.assert_table(TABLE_4, FULLY_OPERATIONAL)
        self.assert_all_called_once(zone_1, zone_2)
        self.assertLess(zone_1.longest_gap(), BUSY)
        self.assertLess(zone_2.longest_gap(), FULLY_OPERATIONAL)


class FourServers(Tables):
    SERVERS, ZONES = 4, 2

    def test_D_03_table_5_becomes_table_6_when_servers_1_and_2_lose_their_power_at_once(self):
        self.arrange(zone_2_at="server2")
        self.assert_table(TABLE_5)
        jobs = [Dialing(self.cluster, zone).await_calls(20) for zone in self.cluster.zones]
        self.cluster.power_off("server1", "server2")
        self.assert_table(TABLE_6, FULLY_OPERATIONAL, interchangeable=2)
        self.assert_all_called_once(*jobs)
        for job in jobs:
            self.assertLess(job.longest_gap(), FULLY_OPERATIONAL)
