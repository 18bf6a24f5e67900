#!/usr/bin/python3
"""Writes time_zones.cc: which time zones the numbers of each prefix lie in.

The data is Debian's python3-phonenumbers, of the same version as libphonenumber, whose C++ library has no such lookup.
"""

import collections
import sys

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX


def country_code(prefix):
    return next((prefix[:n] for n in (1, 2, 3) if int(prefix[:n]) in COUNTRY_CODE_TO_REGION_CODE), prefix)


def main(path):
    # A prefix of several zones names first the one in which most of its country's unambiguous prefixes lie.
    share = collections.Counter()
    for prefix, zones in TIMEZONE_DATA.items():
        if len(zones) == 1:
            share[country_code(prefix), zones[0]] += 10.0 ** -len(prefix)

    names = sorted({zone for zones in TIMEZONE_DATA.values() for zone in zones})
    number_of = {name: i for i, name in enumerate(names)}
    groups = []
    place_of = {}
    rows = []
    for prefix, zones in TIMEZONE_DATA.items():
        ordered = tuple(sorted(zones, key=lambda zone: (-share[country_code(prefix), zone], zone)))
        if ordered not in place_of:
            place_of[ordered] = len(groups)
            groups.extend(number_of[zone] for zone in ordered)
        # A leading 1 keeps prefixes of different lengths apart.
        rows.append((int("1" + prefix), place_of[ordered], len(ordered)))
    rows.sort()

    with open(path, "w", encoding="ascii") as out:
        out.write('// Made by time_zones.py.\n#include "list_manager/time_zones.h"\n\nnamespace everdial::time_zones {\n\n')
        out.write(f"const int longest_prefix = {TIMEZONE_LONGEST_PREFIX};\n\n")
        out.write("const char* const names[] = {\n" + "".join(f'    "{name}",\n' for name in names) + "};\n\n")
        out.write("const uint16_t groups[] = {\n" + "".join(f"    {number},\n" for number in groups) + "};\n\n")
        out.write("const Prefix prefixes[] = {\n" + "".join("    {%d, %d, %d},\n" % row for row in rows) + "};\n")
        out.write(f"const size_t prefix_count = {len(rows)};\n\n}}  // namespace everdial::time_zones\n")


main(sys.argv[1])
