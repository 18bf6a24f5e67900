"""A contact list as customers send them: several ways to write a number, a few rows that cannot be used, some people called twice."""

import csv
import io
import random
from dataclasses import dataclass

# Area codes from several time zones. The first hundred numbers of 555-01xx in each are the ones kept for fiction.
AREAS = "212 213 215 305 312 313 314 402 404 405 412 415 501 503 504 505 512 602 612 615 617 702 703 704 713 801 804 808 816 907".split()
FIRST_NAMES = "Ada Ben Cleo Dev Elif Finn Gita Hugo Ines Juan Kofi Lena Mona Nils Olga Paul Rosa Sven Tara Yuki".split()
LAST_NAMES = "Abel Brandt Costa Diaz Evans Fischer Garcia Haas Ito Jones Kaya Lopez Meyer Novak Okoye Park Rossi Silva Tan Weber".split()
UNUSABLE = ["", "n/a", "12345", "+1 212 555", "ask reception", "+999 1234567"]


@dataclass
class ContactFile:
    data: bytes
    numbers: set[str]  # E.164: what a right import accepts
    duplicates: int
    unusable: int


def all_numbers():
    """Fiction's own first, then the rest of the exchange; they are only ever dialed on this machine."""
    for hundred in ["01"] + [f"{h:02}" for h in range(100) if h != 1]:
        yield from (f"+1{area}555{hundred}{line:02}" for area in AREAS for line in range(100))


def is_machine(number: str) -> bool:
    """As carrier.xml has it."""
    return 60 <= int(number[-2:]) <= 71


def written(number: str, way: int) -> str:
    area, exchange, line = number[2:5], number[5:8], number[8:]
    ways = [number, f"+1 {area} {exchange} {line}", f"({area}) {exchange}-{line}", number[2:], f"1-{area}-{exchange}-{line}"]
    return ways[way % len(ways)]


def make_contacts(count: int, packets: bool, seed: int = 1) -> ContactFile:
    """`count` good contacts, and about two rows in a hundred that are not. Without `packets`, nobody presses keys as RFC 4733 events."""
    chance = random.Random(seed)
    pool = []
    for number in all_numbers():
        if packets or number[-2:] not in ("55", "56", "57"):
            pool.append(number)
        if len(pool) >= max(count, 3000):
            break
    if len(pool) < count:
        raise SystemExit(f"the demo's carrier has {len(pool)} numbers, not {count}")
    numbers = chance.sample(pool, count)
    rows = [(written(number, chance.randrange(5)), i) for i, number in enumerate(numbers)]
    bad = max(2, count // 100)
    duplicates = [(written(chance.choice(numbers), chance.randrange(5)), count + i) for i in range(bad)]
    unusable = [(UNUSABLE[i % len(UNUSABLE)], count + bad + i) for i in range(bad)]
    for extra in duplicates + unusable:
        rows.insert(chance.randrange(len(rows) // 2, len(rows) + 1), extra)

    text = io.StringIO()
    out = csv.writer(text, delimiter=";", quoting=csv.QUOTE_MINIMAL)
    out.writerow(["customer_id", "name", "phone", "note"])
    for phone, i in rows:
        name = f"{LAST_NAMES[i % 20]}, {FIRST_NAMES[(i // 20) % 20]}"
        out.writerow([f"C{i:06}", name, phone, 'prefers "mornings"; no Fridays' if i % 9 == 0 else ""])
    return ContactFile(text.getvalue().encode(), set(numbers), len(duplicates), len(unusable))
