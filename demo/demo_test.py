import socket
import tempfile
import time
import unittest
from pathlib import Path

from carrier import Carrier
from carrier_trace import judge, read_calls
from contacts import make_contacts


def verdict(lines, expected=("+1", "+2"), max_attempts=3):
    return judge(read_calls(lines.strip().splitlines()), set(expected), max_attempts)


class Judge(unittest.TestCase):
    def test_finds_nothing_when_each_number_was_called_and_retried_in_turn(self):
        v = verdict("""
            10 invite a 1 7-1-1
            20 end a 1 7-1-1
            30 invite b 2 7-2-1
            40 invite c 1 7-1-2
            50 answer c 1 7-1-2
            60 answer b 2 7-2-1
            70 end b 2 7-2-1
            90 end c 1 7-1-2""")
        self.assertEqual((v.lost, v.doubled, v.strangers, v.left_hanging), ([], [], [], []))
        self.assertEqual((v.invites, v.answered), (3, 2))

    def test_sees_a_number_that_was_never_called(self):
        self.assertEqual(verdict("10 invite a 1 7-1-1\n20 end a 1 7-1-1").lost, ["+2"])

    def test_sees_a_number_that_was_not_to_be_called(self):
        self.assertEqual(verdict("10 invite a 9 7-1-1\n20 end a 9 7-1-1").strangers, ["+9"])

    def test_sees_one_attempt_in_two_calls(self):
        self.assertIn("second call", verdict("10 invite a 1 7-1-1\n20 end a 1 7-1-1\n30 invite b 1 7-1-1").doubled[0])

    def test_sees_a_call_to_a_callee_who_had_answered(self):
        v = verdict("10 invite a 1 7-1-1\n15 answer a 1 7-1-1\n20 end a 1 7-1-1\n30 invite b 1 7-1-2")
        self.assertIn("already answered", v.doubled[0])

    def test_sees_two_calls_to_one_number_at_once(self):
        v = verdict("10 invite a 1 7-1-1\n15 invite b 1 7-1-2\n20 end a 1 7-1-1\n30 end b 1 7-1-2")
        self.assertIn("under way", v.doubled[0])

    def test_sees_more_calls_than_the_strategy_allows(self):
        lines = "\n".join(f"{i}0 invite {i} 1 7-1-{i}\n{i}5 end {i} 1 7-1-{i}" for i in range(1, 5))
        self.assertIn("beyond", verdict(lines).doubled[0])

    def test_sees_a_caller_who_vanished(self):
        v = verdict("10 invite a 1 7-1-1\n15 answer a 1 7-1-1\n20 gone a 1 7-1-1\n25 invite b 2 7-2-1")
        self.assertEqual(v.left_hanging, ["+1", "+2"])


class RealCarrier(unittest.TestCase):
    def test_says_its_answer_again_to_who_has_not_heard_it_and_so_repeats_the_invite(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(type=socket.SOCK_DGRAM) as caller:
            carrier = Carrier(Path(directory), free_port(), free_port())
            carrier.start()
            self.addCleanup(carrier.stop)
            caller.settimeout(10)
            caller.bind(("127.0.0.1", 0))
            caller.connect(("127.0.0.1", carrier.port))
            for _ in range(2):
                self.invite(caller, carrier)
            caller.send(request(caller, "ACK"))
            time.sleep(0.2)  # to SIPp, BYE at the heels of ACK is unexpected, and nothing shows that it has taken the one
            caller.send(request(caller, "BYE", cseq=2))
            await_answer(caller, "2 BYE")
            until, call = time.monotonic() + 10, None
            while not (call and call.answered and call.ended) and time.monotonic() < until:
                (call,) = read_calls(carrier.log.read_text().splitlines())
        self.assertTrue(call.answered and call.ended, call)

    def invite(self, caller: socket.socket, carrier: Carrier):
        while True:
            try:
                caller.send(request(caller, "INVITE"))
                return await_answer(caller, "1 INVITE")
            except ConnectionRefusedError:  # it does not listen yet
                self.assertTrue(carrier.running())
                time.sleep(0.02)


def await_answer(caller: socket.socket, to: str):
    """The 200 of a request; what comes before, 180 and answers to others, is passed over."""
    message = ""
    while not (message.startswith("SIP/2.0 200") and f"CSeq: {to}" in message):
        message = caller.recv(4096).decode()


def free_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def request(caller: socket.socket, method: str, cseq: int = 1) -> bytes:
    here, there = ("{}:{}".format(*end) for end in (caller.getsockname(), caller.getpeername()))
    lines = [f"{method} sip:+13145550101@{there} SIP/2.0", f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{method}", "Max-Forwards: 70",
             f"From: <sip:caller@{here}>;tag=1", f"To: <sip:+13145550101@{there}>", "Call-ID: one", f"CSeq: {cseq} {method}",
             f"Contact: <sip:caller@{here}>", "X-Everdial-Attempt: 7-1-1", "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


class ContactList(unittest.TestCase):
    def test_has_as_many_numbers_as_asked_and_says_what_is_wrong_with_the_rest(self):
        contacts = make_contacts(300, packets=True)
        self.assertEqual(len(contacts.numbers), 300)
        self.assertEqual(len(contacts.data.decode().splitlines()), 1 + 300 + contacts.duplicates + contacts.unusable)

    def test_leaves_out_those_who_press_keys_as_packets_when_there_are_no_packets(self):
        self.assertFalse([n for n in make_contacts(2000, packets=False).numbers if n[-2:] in ("55", "56", "57")])


if __name__ == "__main__":
    unittest.main()
