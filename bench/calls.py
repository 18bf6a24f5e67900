"""Calls a second: the whole system dialing SIPp, each call answered and hung up at once, beside SIPp dialing SIPp in the same run."""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "demo"))

from carrier_trace import judge, read_calls  # noqa: E402
from contacts import make_contacts  # noqa: E402
from demo import STUCK_AFTER_S  # noqa: E402
from system import System, free_port  # noqa: E402


def sipp_run(directory: str, rate: int, seconds: int) -> float:
    """Calls a second of `sipp -sn uac` at this rate; 0 when any call failed."""
    port = free_port()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": directory}
    callee = subprocess.Popen(["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-nostdin"], **quiet)
    try:
        time.sleep(0.3)
        started = time.monotonic()
        caller = ["sipp", "-sn", "uac", f"127.0.0.1:{port}", "-i", "127.0.0.1", "-p", str(free_port()), "-nostdin"]
        caller += ["-r", str(rate), "-m", str(rate * seconds), "-l", str(rate), "-d", "0", "-trace_screen", "-screen_file", "uac.screen"]
        ended = subprocess.run(caller, timeout=seconds * 3, **quiet)
        screen = (Path(directory) / "uac.screen").read_text(errors="replace")
        elapsed = time.monotonic() - started
        failed = re.search(r"Failed call\s*\|\s*\d+\s*\|\s*(\d+)", screen)
        if ended.returncode != 0 or not failed or int(failed[1]) > 0:
            return 0.0
        return rate * seconds / elapsed
    except subprocess.TimeoutExpired:
        return 0.0
    finally:
        callee.kill()
        callee.wait()


def baseline(seconds: int = 3) -> float:
    """The highest rate without a failed call: doubled until one fails or no more are made, then the gap is halved three times."""
    with tempfile.TemporaryDirectory() as directory:
        best, good, bad = 0.0, 500, None
        while bad is None or bad - good > good // 8:
            rate = good * 2 if bad is None else (good + bad) // 2
            made = sipp_run(directory, rate, seconds)
            if made > best * 1.02:
                best, good = made, rate
            else:
                bad = rate
            print(f"  sipp to sipp at {rate}: {made:.0f} calls/s" if made else f"  sipp to sipp at {rate}: calls failed", flush=True)
        return best


def everdial(contacts: int, in_the_air: int) -> tuple[float, int]:
    """Calls a second, and how many contacts were not called exactly once and answered."""
    people = make_contacts(contacts, packets=True)
    with System(servers=1, scenario=HERE / "calls_carrier.xml", postgres={"fsync": "on"}) as system:
        people_list = system.api.post("/lists", {"name": "Bench", "default_region": "US"})
        upload = system.api.upload(people_list["id"], "bench.csv", people.data)
        while system.api.get(f"/imports/{upload}")["state"] in ("queued", "running"):
            time.sleep(0.2)
        strategy = {"prompt": "", "analyse": False, "max_attempts": 1, "calling_from_minute": 0, "calling_until_minute": 0}
        campaign = system.api.post("/campaigns", {"name": "Bench", "list_id": people_list["id"], "strategy": strategy,
                                                  "calls_per_second": 10_000, "max_calls": in_the_air})
        job = system.api.post(f"/campaigns/{campaign['id']}/jobs")
        moved, done = time.monotonic(), -1
        while job["state"] not in ("completed", "stopped") and time.monotonic() - moved < STUCK_AFTER_S:
            time.sleep(1)
            job = system.api.get(f"/jobs/{job['id']}")
            if job["progress"]["done"] != done:
                moved, done = time.monotonic(), job["progress"]["done"]
            print(f"  {done} of {contacts} done, {job['progress']['in_flight']} in the air", flush=True)
        seen = judge(read_calls(system.carrier.log.read_text().splitlines()), people.numbers, max_attempts=1)
        answered = sum(result["count"] for result in job["contact_results"] if result["code"] == "answer_human")
        return seen.calls_per_s, max(len(seen.lost), contacts - answered) + len(seen.doubled)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench calls", description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000, metavar="N")
    parser.add_argument("--in-the-air", type=int, default=500, metavar="N", help="most calls at once")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object (it always is)")
    chosen = parser.parse_args()
    value, lost = everdial(chosen.contacts, chosen.in_the_air)
    base = baseline()
    ratio = round(value / base, 3) if base else 0
    figures = {"value": round(value, 1), "baseline": round(base, 1), "ratio": ratio, "unit": "calls/s", "lost": lost}
    print(json.dumps({"bench": "calls", **figures}))
    return 0 if lost == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
