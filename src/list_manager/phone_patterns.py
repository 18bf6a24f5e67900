#!/usr/bin/python3
"""Writes phone_patterns.cc: one automaton that knows at a glance the numbers libphonenumber would take after long thought.

libphonenumber tries up to a dozen regular expressions for each number. Here those expressions (Debian's python3-phonenumbers has the same
metadata) become a table of states, followed one digit at a time. A number the automaton accepts is one that libphonenumber accepts,
and the E.164 form is then plain; about all others it says nothing, and libphonenumber is asked. Four forms are known, for each region R
of country code C, `valid` being the valid national numbers of C:

  +C n    n valid, and no national prefix of C's main region matches at its start (which libphonenumber might strip)
  n       n valid; no international prefix, national prefix or C itself at its start
  p n     p being R's plain national prefix ("0"); n valid, of R's general form and a possible length; no international prefix, no C
  C n     n valid, of R's general form, without national prefix; while C n is not of R's general form; no international prefix
"""

import sys

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

LONGEST = 17  # digits of a national number
TYPES = ("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail", "fixed_line", "mobile")


class Unsupported(Exception):
    """An expression of a kind that is not understood here: its region is left to libphonenumber."""


# ---- regular expressions over digits, as position automata: a set of positions is an integer -------------------------------------


class Expression:
    """After digits d1 d2 ...: start, then step each; `accepts` tells whether they match."""

    def __init__(self, pattern):
        self.digits = []  # by position: the digits it takes, as bits
        self.follow = []  # by position: the positions that may come next
        self.text, self.at = pattern, 0
        node = self._alternatives()
        if self.at != len(self.text):
            raise Unsupported(pattern)
        self.nullable, self.first, self.last = self._build(node)
        self._steps = {}

    # The parser makes trees: ("digits", bits), ("sequence", [..]), ("or", [..]), ("repeat", node, least, most or None).
    def _alternatives(self):
        options = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else ("or", options)

    def _sequence(self):
        parts = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return ("sequence", parts)

    def _atom(self):
        char = self._take()
        if char == "(":
            if self.text.startswith("?:", self.at):
                self.at += 2
            elif self._peek() == "?":
                raise Unsupported(self.text)
            inner = self._alternatives()
            if self._take() != ")":
                raise Unsupported(self.text)
            return inner
        if char == "[":
            bits = 0
            while self._peek() != "]":
                low = self._digit(self._take())
                high = low
                if self._peek() == "-":
                    self.at += 1
                    high = self._digit(self._take())
                for digit in range(low, high + 1):
                    bits |= 1 << digit
            self.at += 1
            return ("digits", bits)
        if char == "\\" and self._take() == "d":
            return ("digits", 0x3FF)
        return ("digits", 1 << self._digit(char))

    def _repeated(self, node):
        char = self._peek()
        if char == "?":
            self.at += 1
            return ("repeat", node, 0, 1)
        if char == "*" or char == "+":
            self.at += 1
            return ("repeat", node, 0 if char == "*" else 1, None)
        if char == "{":
            end = self.text.index("}", self.at)
            least, _, most = self.text[self.at + 1 : end].partition(",")
            bounded = "," not in self.text[self.at : end]
            self.at = end + 1
            return ("repeat", node, int(least), int(least) if bounded else int(most) if most else None)
        return node

    def _peek(self):
        return self.text[self.at : self.at + 1]

    def _take(self):
        char = self._peek()
        self.at += 1
        return char

    def _digit(self, char):
        if not char.isdigit():
            raise Unsupported(self.text)
        return int(char)

    def _build(self, node):
        """Adds the node's positions; gives whether it may be empty, its first and its last positions."""
        kind = node[0]
        if kind == "digits":
            bit = 1 << len(self.digits)
            self.digits.append(node[1])
            self.follow.append(0)
            return False, bit, bit
        if kind == "or":
            nullable, first, last = False, 0, 0
            for option in node[1]:
                n, f, l = self._build(option)
                nullable, first, last = nullable or n, first | f, last | l
            return nullable, first, last
        if kind == "sequence":
            nullable, first, last = True, 0, 0
            for part in node[1]:
                nullable, first, last = self._then((nullable, first, last), self._build(part))
            return nullable, first, last
        _, inner, least, most = node
        whole = (True, 0, 0)
        for _ in range(least):
            whole = self._then(whole, self._build(inner))
        if most is None:
            n, f, l = self._build(inner)
            self._link(l, f)
            return self._then(whole, (True, f, l))
        for _ in range(most - least):
            n, f, l = self._build(inner)
            whole = self._then(whole, (True, f, l))
        return whole

    def _then(self, one, two):
        self._link(one[2], two[1])
        return one[0] and two[0], one[1] | (two[1] if one[0] else 0), two[2] | (one[2] if two[0] else 0)

    def _link(self, from_positions, to_positions):
        for position in range(len(self.follow)):
            if from_positions >> position & 1:
                self.follow[position] |= to_positions

    def step(self, state, digit):
        """`state` is None at the start, else the positions just taken. The empty set: no match can come any more."""
        key = state, digit
        if key not in self._steps:
            candidates = self.first if state is None else 0
            for position in range(len(self.follow)):
                if state is not None and state >> position & 1:
                    candidates |= self.follow[position]
            taken = 0
            for position, digits in enumerate(self.digits):
                if candidates >> position & 1 and digits >> digit & 1:
                    taken |= 1 << position
            self._steps[key] = taken
        return self._steps[key]

    def accepts(self, state):
        return self.nullable if state is None else state & self.last != 0


class Prefix(Expression):
    """Matches as soon as its pattern matches a start of the digits."""

    MATCHED = -1

    def step(self, state, digit):
        if state == self.MATCHED:
            return state
        state = super().step(state, digit)
        return self.MATCHED if state & self.last else state

    def accepts(self, state):
        return state == self.MATCHED or (state is None and self.nullable)


# ---- the automaton: equal states are one -----------------------------------------------------------------------------------------

NOTHING = 0


class Automaton:
    def __init__(self):
        self.states = [(False, (NOTHING,) * 10)]
        self.number_of = {self.states[0]: NOTHING}

    def state(self, accepting, children):
        key = accepting, tuple(children)
        if key not in self.number_of:
            self.number_of[key] = len(self.states)
            self.states.append(key)
        return self.number_of[key]

    def unite(self, one, two):
        """The state of what either accepts."""
        if NOTHING in (one, two) or one == two:
            return one or two
        a, b = self.states[one], self.states[two]
        return self.state(a[0] or b[0], [self.unite(x, y) for x, y in zip(a[1], b[1])])

    def behind(self, digits, state):
        """The state of `digits` and then what `state` accepts."""
        for digit in reversed(digits):
            state = self.state(False, [state if d == int(digit) else NOTHING for d in range(10)])
        return state

    def expand(self, start, step, accepts):
        """The state for an abstract one: `step(state, digit)` is None when nothing can be accepted any more."""
        made = {}

        def make(abstract, depth):
            key = abstract, depth
            if key not in made:
                children = []
                for digit in range(10):
                    after = step(abstract, digit) if depth < LONGEST else None
                    children.append(NOTHING if after is None else make(after, depth + 1))
                made[key] = self.state(accepts(abstract, depth), children)
            return made[key]

        return make(start, 0)


# ---- the numbering plans ---------------------------------------------------------------------------------------------------------


class Plan:
    """A region's metadata with its expressions."""

    def __init__(self, metadata):
        self.code = metadata.country_code
        general = metadata.general_desc
        self.general = Expression(general.national_number_pattern)
        self.lengths = set(general.possible_length)
        self.local_lengths = set(general.possible_length_local_only)
        self.types = []
        for name in TYPES:
            desc = getattr(metadata, name)
            if desc is not None and desc.national_number_pattern:
                self.types.append((Expression(desc.national_number_pattern), set(desc.possible_length)))
        self.leading = Prefix(metadata.leading_digits) if metadata.leading_digits else None
        self.prefix = self.international = None
        self.prefixes_understood = True
        prefix = metadata.national_prefix_for_parsing or ""
        try:
            if prefix:
                self.prefix = Prefix(prefix)
            if metadata.international_prefix:
                self.international = Prefix(metadata.international_prefix)
        except Unsupported:
            self.prefixes_understood = False
        self.plain_prefix = prefix if prefix.isdigit() and not metadata.national_prefix_transform_rule else ""


def valid_numbers(automaton, plans):
    """National numbers valid under one country code: its regions in order, one with leading digits having the last word on its own."""
    expressions = []
    of_plan = []
    for plan in plans:
        mine = [plan.general] + [expression for expression, _ in plan.types]
        if plan.leading and len(plans) > 1:
            mine.append(plan.leading)
        of_plan.append(range(len(expressions), len(expressions) + len(mine)))
        expressions += mine

    def step(state, digit):
        after = tuple((i, s) for i, s in ((i, expressions[i].step(s, digit)) for i, s in state) if s)
        return after or None

    def accepts(state, depth):
        alive = {i for i, s in state if expressions[i].accepts(s)}
        for plan, numbers in zip(plans, of_plan):
            fits = (
                numbers[0] in alive
                and (not plan.lengths or depth in plan.lengths)
                and any(numbers[1 + t] in alive and (not lengths or depth in lengths) for t, (_, lengths) in enumerate(plan.types))
            )
            if plan.leading and len(plans) > 1:
                if numbers[-1] in alive:
                    return fits
            elif fits:
                return True
        return False

    return automaton.expand(tuple((i, None) for i in range(len(expressions))), step, accepts)


def restricted(automaton, numbers, barred=(), of_form=None, not_of_form=None, lengths=None, start=""):
    """Of `numbers` (a state) those that begin with no `barred` prefix, match `of_form`, have one of the lengths, and do not match
    `not_of_form`. The digits `start` come before them for `barred` and `not_of_form`, though not in the result."""
    conditions = [p for p in barred if p] + ([not_of_form] if not_of_form else [])
    count = len(conditions)
    bars = count - (1 if not_of_form else 0)
    states = [None] * count
    for digit in start:
        states = [c.step(s, int(digit)) for c, s in zip(conditions, states)]

    def is_barred(states):
        return any(c.accepts(s) for c, s in zip(conditions[:bars], states[:bars]))

    def step(state, digit):
        node, states, form = state
        after = automaton.states[node][1][digit]
        if after == NOTHING:
            return None
        states = tuple(c.step(s, digit) for c, s in zip(conditions, states))
        form = of_form.step(form, digit) if of_form else None
        if is_barred(states) or (of_form and not form):
            return None
        return after, states, form

    def accepts(state, depth):
        node, states, form = state
        return (
            automaton.states[node][0]
            and (lengths is None or depth in lengths)
            and (of_form is None or of_form.accepts(form))
            and not (not_of_form and not_of_form.accepts(states[-1]))
        )

    if is_barred(states):
        return NOTHING
    return automaton.expand((numbers, tuple(states), None), step, accepts)


def main(path):
    automaton = Automaton()
    international = NOTHING
    regions = []
    for code, names in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        digits = str(code)
        try:
            if names == ("001",):
                plans = [Plan(PhoneMetadata.metadata_for_nongeo_region(code))]
            else:
                plans = [Plan(PhoneMetadata.metadata_for_region(name)) for name in names]
        except Unsupported:
            continue
        valid = valid_numbers(automaton, plans)
        if not plans[0].prefixes_understood:
            continue
        main_prefix = plans[0].prefix
        international = automaton.unite(international, automaton.behind(digits, restricted(automaton, valid, [main_prefix])))
        if names == ("001",):
            continue
        for name, plan in zip(names, plans):
            if not plan.prefixes_understood:
                continue
            own = Prefix(digits)
            start = restricted(automaton, valid, [plan.international, plan.prefix, own])
            coded = restricted(automaton, valid, [plan.international], plan.general, plan.general, start=digits)
            coded = restricted(automaton, coded, [plan.prefix, main_prefix])
            start = automaton.unite(start, automaton.behind(digits, coded))
            if plan.plain_prefix and not plan.plain_prefix.startswith(digits):
                lengths = plan.lengths - plan.local_lengths
                trunk = restricted(automaton, valid, [plan.international, own], plan.general, None, lengths, start=plan.plain_prefix)
                start = automaton.unite(start, automaton.behind(plan.plain_prefix, trunk))
            regions.append((name, digits, plan.plain_prefix, start))
    write(path, automaton, international, regions)


def write(path, automaton, international, regions):
    """Only states that can be reached, the accepting ones last, so that one comparison tells them."""
    reached = {NOTHING}
    waiting = [international] + [region[3] for region in regions]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting.extend(automaton.states[state][1])
    order = sorted(reached, key=lambda state: (automaton.states[state][0], state))
    number_of = {state: i for i, state in enumerate(order)}
    assert number_of[NOTHING] == 0 and len(order) < 1 << 16
    first_accepting = sum(1 for state in order if not automaton.states[state][0])

    with open(path, "w", encoding="ascii") as out:
        out.write('// Made by phone_patterns.py.\n#include "list_manager/phone_patterns.h"\n\nnamespace everdial::phone_patterns {\n\n')
        out.write(f"const uint16_t first_accepting = {first_accepting};\nconst uint16_t international = {number_of[international]};\n\n")
        out.write("const uint16_t next[][10] = {\n")
        for state in order:
            out.write("{" + ",".join(str(number_of[child]) for child in automaton.states[state][1]) + "},\n")
        out.write("};\n\nconst Region regions[] = {\n")
        for name, code, prefix, start in sorted(regions):
            out.write(f'    {{"{name}", "{code}", "{prefix}", {number_of[start]}}},\n')
        out.write(f"}};\nconst size_t region_count = {len(regions)};\n\n}}  // namespace everdial::phone_patterns\n")


main(sys.argv[1])
