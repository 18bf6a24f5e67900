"""The main job on this machine: a contact list becomes finished calls. Run it as ./dev demo."""

import argparse
import contextlib
import json
import random
import signal
import sys
import time

from api import ApiError
from carrier import can_play_packets
from carrier_trace import judge, read_calls
from contacts import is_machine, make_contacts
from robots import AGENTS, Robots, agents_faults, agents_outcome, say_what_agents_saw
from system import System

ANSWERED = ("answer_human", "opted_out")
RESTRICTED = ("restricted_dnc", "restricted_hours", "no_callable_address")
STRATEGY = {
    "ring_timeout_s": 3,
    "max_call_s": 60,
    "prompt": "offer.wav",
    "machine_prompt": "message.wav",
    "machine_action": "leave_message",
    "opt_out_digit": "9",
    "retries": {
        "call_busy": {"times": 2, "delay_s": 2},
        "ring_no_answer": {"times": 1, "delay_s": 2},
        "general_failure": {"times": 1, "delay_s": 2},
    },
    "max_attempts": 4,
    "calling_from_minute": 0,
    "calling_until_minute": 0,
}
STUCK_AFTER_S = 90


def arguments():
    parser = argparse.ArgumentParser(prog="./dev demo", description="Import contacts and dial them to the end, with SIPp as the carrier.")
    parser.add_argument("--once", action="store_true", help="end when the campaign has; else the console stays until Ctrl-C")
    parser.add_argument("--contacts", type=int, default=300, metavar="N")
    parser.add_argument("--agents", type=int, default=0, metavar="N", help="robots at desktops talk to whom the campaign reaches")
    parser.add_argument("--rate", type=float, default=40, metavar="CALLS", help="calls a second, default %(default)s")
    parser.add_argument("--kill-every", type=float, metavar="S", help="kill -9 a random component process every S seconds")
    parser.add_argument("--json", action="store_true", help="the last line printed is one JSON object")
    chosen = parser.parse_args()
    if chosen.contacts < 1:
        parser.error("--contacts must be at least 1")
    if not 0 <= chosen.agents <= 500:
        parser.error("--agents must be at most 500")
    return chosen


def say(text: str):
    print(text, flush=True)


class Progress:
    """One line, rewritten on a terminal, else printed now and then."""

    def __init__(self):
        self.live, self.last = sys.stdout.isatty(), 0.0

    def show(self, text: str, final: bool = False):
        if self.live:
            print("\r\033[K" + text, end="\n" if final else "", flush=True)
        elif final or time.monotonic() - self.last >= 3:
            self.last = time.monotonic()
            print(text, flush=True)

    def interrupt(self, text: str):
        print(("\r\033[K" if self.live else "") + text, flush=True)


class Killer:
    """Kills a random component process, of either server, when its time has come."""

    def __init__(self, system: System, every: float | None):
        self.system, self.every, self.chance, self.count = system, every, random.Random(), 0
        self.next = time.monotonic() + every if every else None

    def tick(self, progress: Progress):
        if self.next is None or time.monotonic() < self.next:
            return
        self.next += self.every
        if victim := self.system.kill_one(self.chance):
            self.count += 1
            progress.interrupt(f"  killed -9: {victim}")


def import_contacts(system: System, contacts, blocked: list[str]) -> tuple[int, dict]:
    contact_list = system.api.post("/lists", {"name": "Demo contacts", "default_region": "US", "time_zone": "America/New_York"})
    upload = system.api.upload(contact_list["id"], "contacts.csv", contacts.data)
    progress = Progress()
    while (state := system.api.get(f"/imports/{upload}"))["state"] in ("queued", "running"):
        progress.show(f"  imported {100 * state['read_bytes'] // state['size_bytes']} %")
        time.sleep(0.1)
    accepted, duplicates, rejected = (state[key] for key in ("accepted", "duplicates", "rejected"))
    progress.show(f"  import {state['state']}: {accepted} accepted, {duplicates} duplicates, {rejected} rejected", final=True)
    for reject in list(system.api.pages(f"/imports/{upload}/rejects"))[:4]:
        say(f"    row {reject['row']}, {reject['column'] or 'whole row'}: {reject['reason']} ({reject['value']!r})")
    system.api.post("/dnc", {"phones": blocked})
    return contact_list["id"], state


def count(results: list[dict], *codes: str) -> int:
    return sum(result["count"] for result in results if result["code"] in codes)


def watch(system: System, job_id: int, killer: Killer) -> dict:
    """Follows the job to its end, or until nothing has moved for too long."""
    progress, moved, seen = Progress(), time.monotonic(), None
    while True:
        killer.tick(progress)
        job = system.api.get(f"/jobs/{job_id}")
        at, results = job["progress"], job["results"]
        line = f"  {job['state']:9} {at['done']:>6} of {at['contacts']} contacts  {at['in_flight']:>4} in the air"
        line += f"  {at['attempts']:>6} attempts:"
        line += f" {count(results, *ANSWERED)} answered, {count(results, 'answer_machine')} machines, {count(results, 'call_busy')} busy,"
        line += f" {count(results, 'ring_no_answer')} no answer"
        over = job["state"] in ("completed", "stopped")
        progress.show(line, final=over)
        if over:
            return job
        if (job["state"], at) != seen:
            moved, seen = time.monotonic(), (job["state"], at)
        if time.monotonic() - moved > STUCK_AFTER_S:
            progress.interrupt(f"  nothing has moved for {STUCK_AFTER_S} s")
            return job
        time.sleep(0.2)


def settle(system: System):
    """The campaign is over; the carrier's last calls end within moments."""
    until = time.monotonic() + 5
    while True:
        calls = read_calls(system.carrier.log.read_text().splitlines()) if system.carrier.log.exists() else []
        if all(call.ended is not None for call in calls) or time.monotonic() > until:
            return calls
        time.sleep(0.2)


def say_who_answered(system: System, job_id: int):
    """How well call progress analysis told people from machines, which only the carrier knows for sure."""
    told = {True: [0, 0], False: [0, 0]}  # is a machine -> rightly told, answered
    for attempt in system.api.pages(f"/jobs/{job_id}/attempts"):
        if attempt.get("answered_at") and attempt.get("analysis"):
            machine = is_machine(attempt["phone"])
            told[machine][0] += machine == (attempt["analysis"] == "answer_machine")
            told[machine][1] += 1
    say("analysis was right about {} of {} people and {} of {} machines".format(*told[False], *told[True]))


def run_campaign(system: System, chosen, robots: Robots | None, started: float) -> tuple[dict, list[str]]:
    contacts = make_contacts(chosen.contacts, packets=can_play_packets())
    blocked = sorted(contacts.numbers)[:: max(1, min(50, chosen.contacts // 3))]
    system.make_prompt("offer.wav", "Hello. Your order is ready for you. To hear no more of this, press nine.")
    system.make_prompt("message.wav", "Hello. Your order is ready for you. Goodbye.")
    system.make_prompt("sorry.wav", "Sorry, nobody is free to talk to you now. Goodbye.")
    say(f"importing {chosen.contacts} contacts; {len(blocked)} of them must not be called")
    list_id, imported = import_contacts(system, contacts, blocked)
    campaign = system.api.post("/campaigns", {"name": "Demo campaign", "list_id": list_id, "strategy": STRATEGY,
                                              "calls_per_second": chosen.rate, "max_calls": 1000,
                                              **({"agents": AGENTS} if robots else {})})
    if robots:
        robots.start()
        say(f"{chosen.agents} robots are logged on")
    job = system.api.post(f"/campaigns/{campaign['id']}/jobs")
    say(f"dialing, up to {chosen.rate:g} calls a second; live at {system.urls[0]}/jobs/{job['id']}")
    killer = Killer(system, chosen.kill_every)
    job = watch(system, job["id"], killer)
    agents = robots.end() if robots else None

    calls = settle(system)
    seen = judge(calls, contacts.numbers - set(blocked), STRATEGY["max_attempts"])
    results, at = job["results"], job["progress"]
    outcome = {
        "contacts": at["contacts"],
        "attempts": at["attempts"],
        "answered": count(results, *ANSWERED),
        "machine": count(results, "answer_machine"),
        "busy": count(results, "call_busy"),
        "no_answer": count(results, "ring_no_answer"),
        "failed": 0,
        "restricted": count(job["contact_results"], *RESTRICTED),
        "unknown": count(results, "attempt_unknown"),
        "completed_contacts": at["done"],
        "lost_contacts": len(seen.lost),
        "double_dials": len(seen.doubled),
        "calls_per_s": seen.calls_per_s,
        "wall_s": round(time.monotonic() - started, 1),
    }
    told_apart = ("answered", "machine", "busy", "no_answer", "unknown")
    outcome["failed"] = outcome["attempts"] - sum(outcome[key] for key in told_apart) - count(results, "nuisance")
    killed = f"; {killer.count} processes were killed meanwhile" if killer.count else ""
    say(f"the carrier saw {seen.invites} calls at {seen.calls_per_s} a second and answered {seen.answered}{killed}")
    say_who_answered(system, job["id"])
    say_what_everdial_thought(system, seen.doubled)
    found = faults(job, imported, contacts, seen, outcome)
    if agents:
        outcome |= agents_outcome(agents, count(results, "nuisance"))
        found += agents_faults(agents, outcome)
        say_what_agents_saw(agents, outcome)
    return outcome, found


def say_what_everdial_thought(system: System, doubled: list[str]):
    """Its own record of those called twice, to find out why."""
    for why in doubled[:5]:
        attempt = why.split("attempt ")[-1].split()[0]
        for one in system.api.get(f"/attempts/{attempt}")["attempts_of_contact"]:
            say(f"  Everdial's record: {json.dumps(one)}")


def faults(job: dict, imported: dict, contacts, seen, outcome: dict) -> list[str]:
    found = [f"never called: {number}" for number in seen.lost] + [f"called twice: {why}" for why in seen.doubled]
    found += [f"called although it must not be: {number}" for number in seen.strangers]
    if job["state"] != "completed":
        found.append(f"the job is {job['state']}, not completed")
    if outcome["unknown"]:
        found.append(f"{outcome['unknown']} attempts are unknown")
    if outcome["completed_contacts"] != outcome["contacts"]:
        found.append(f"{outcome['contacts'] - outcome['completed_contacts']} contacts are not completed")
    rows = tuple(imported[key] for key in ("accepted", "duplicates", "rejected"))
    right = (len(contacts.numbers), contacts.duplicates, contacts.unusable)
    if rows != right:
        found.append(f"the import took {rows} rows as good, duplicate and bad; right were {right}")
    return found


def main() -> int:
    chosen = arguments()
    started = time.monotonic()
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    say("starting PostgreSQL, two servers, an MPP and the carrier")
    with System() as system, contextlib.ExitStack() as ending_first:
        robots = Robots(system, chosen.agents, ["--talk-s", "5", "--work-s", "1", "--code", AGENTS["codes"][0]]) if chosen.agents else None
        if robots:
            system.start_phones()
            ending_first.callback(robots.stop)
        say(f"ready after {time.monotonic() - started:.1f} s; console at {system.urls[0]}, log in as {system.user} with {system.password}")
        try:
            outcome, found = run_campaign(system, chosen, robots, started)
        except ApiError as error:
            say(f"demo: {error}\n{system.tail(system.names[0])}")
            return 1
        for fault in found[:20]:
            say(f"  WRONG: {fault}")
        if not found:
            say("every contact completed, none lost, none called twice")
        if chosen.json:
            say(json.dumps(outcome))
        if not chosen.once:
            say(f"the console stays at {system.urls[0]} until Ctrl-C")
            try:
                signal.pause()
            except KeyboardInterrupt:
                pass
        return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
