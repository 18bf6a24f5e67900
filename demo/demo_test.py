import unittest

from contacts import make_contacts
from carrier_trace import judge, read_calls


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


class ContactList(unittest.TestCase):
    def test_has_as_many_numbers_as_asked_and_says_what_is_wrong_with_the_rest(self):
        contacts = make_contacts(300, packets=True)
        self.assertEqual(len(contacts.numbers), 300)
        self.assertEqual(len(contacts.data.decode().splitlines()), 1 + 300 + contacts.duplicates + contacts.unusable)

    def test_leaves_out_those_who_press_keys_as_packets_when_there_are_no_packets(self):
        self.assertFalse([n for n in make_contacts(2000, packets=False).numbers if n[-2:] in ("55", "56", "57")])


if __name__ == "__main__":
    unittest.main()
