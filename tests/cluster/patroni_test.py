"""PostgreSQL fails over (three nodes under Patroni): calls go on, dialing pauses, nothing acknowledged is lost, and no component fails
over."""

import time

from cluster_case import ClusterCase
from dialing import TALK_S, Dialing
from processes import await_that

DIALED_AGAIN = 2.0


class PatroniFailsOver(ClusterCase):
    PATRONI = True

    def test_S_06_calls_go_on_and_dialing_resumes_within_two_seconds_when_the_databases_primary_loses_its_power(self):
        job = Dialing(self.cluster, contacts=600).await_calls(60)
        before = self.cluster.holders()
        self.cluster.database.power_off(self.cluster.database.primary())
        under_way = [call for call in job.calls() if call.ended is None]
        self.assertGreater(len(under_way), 5)
        writable_at = self.cluster.database.await_writable()
        dialed = len(job.calls())
        await_that(lambda: len(job.calls()) > dialed, 10, "dialing goes on", every=0.01)
        self.assertLess(time.time() - writable_at, DIALED_AGAIN)
        self.assertEqual({resource: self.cluster.holder(resource) for resource in before}, before)
        self.assert_all_called_once(job)
        for call in under_way:
            if call.answered is not None:
                self.assertGreaterEqual(call.ended - call.answered, TALK_S * 1000 - 50,
                                        f"the conversation with {call.number} was cut short")
