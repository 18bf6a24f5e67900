"""Agents with real telephones (baresip), and what they hear while their manager and the MPPs die: two servers, one zone."""

from agents_case import AgentsCase
from desktops import CODE
from processes import await_that
from telephone import LISTEN_S, Telephone

ANNS, BENS = 500, 700  # Hz: what each of them says
HEARD_WITHIN = 3


class Telephones(AgentsCase):
    def telephone(self, name: str, port: int, hertz: int) -> Telephone:
        telephone = Telephone(self.cluster, name, port, hertz)
        self.addCleanup(telephone.end)
        return telephone

    def assert_hears(self, telephone: Telephone, hertz: int, so: bool = True):
        await_that(lambda: telephone.hears(hertz) == so, HEARD_WITHIN, f"{telephone.name} hears {hertz} Hz: {so}")

    def test_A_02_F_06_agents_hear_each_other_through_the_death_of_their_manager_and_are_called_again_after_that_of_the_mpps(self):
        phones = [self.telephone("ann", 5101, ANNS), self.telephone("ben", 5111, BENS)]
        anns, bens = phones
        addresses = iter(phone.address for phone in phones)
        ann, ben = self.nailed(2, phone=lambda login: next(addresses))
        ann.do("ready")
        job = self.dial(1)
        ann.await_states(call="talking")
        await_that(anns.hears_something, HEARD_WITHIN, "the contact says hello")
        ben.do("ready")
        ben.await_states(job="attached")

        ann.do("consult", agent=ben.agent)
        self.assert_hears(bens, ANNS)
        self.assert_hears(anns, BENS)
        self.to_manager(self.cluster.kill)
        for _ in range(5):  # before, while and after another takes over
            self.pause(LISTEN_S)
            self.assertTrue(bens.hears(ANNS) and anns.hears(BENS), "they hear each other all the time")
        ann.do("start_conference")
        self.assert_hears(bens, ANNS)
        ann.do("change_conference_owner")
        ann.do("release")
        ben.await_states(call="talking")
        self.assert_hears(bens, ANNS, so=False)
        self.assertEqual(ann.states["nail"], "nailed")

        ann.do("not_ready", reason="pause")
        self.dial(30, people="never answer")  # who has no job needs no line
        for media in self.cluster.media:
            self.cluster.kill(f"{media}/mpp")
        ben.await_states(call="wrapup")
        ben.do("wrap_up", code=CODE)
        ben.await_states(within=20, nail="nailed")
        ann.do("ready")
        ann.await_states(within=20, nail="nailed")
        self.assertEqual(ann.told("logged_off") + ben.told("logged_off"), [])
        self.assertEqual(job.finish().faults(), [])
