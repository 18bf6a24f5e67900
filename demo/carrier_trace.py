"""Reads the carrier's log and judges it: was each number called that should be, and none twice that should not?"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Call:
    number: str  # E.164
    attempt: str
    invited: int  # ms of the carrier's clock
    answered: int | None = None
    ended: int | None = None
    gone: bool = False  # the caller was never heard of again


@dataclass
class Verdict:
    invites: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)  # why, one line each
    strangers: list[str] = field(default_factory=list)  # numbers called that were not to be called
    left_hanging: list[str] = field(default_factory=list)
    calls_per_s: float = 0.0


class Trace:
    """A carrier's log, read as it grows. Its lines: MS invite|answer|end|gone CALL-ID NUMBER ATTEMPT."""

    def __init__(self, log: Path):
        self._log, self._position = log, 0
        self._calls: dict[str, Call] = {}
        self._of_job: dict[str, list[Call]] = {}

    def calls_of(self, job: int) -> list[Call]:
        """The job's calls so far, in the order of their INVITEs."""
        try:
            with open(self._log, "rb") as file:
                file.seek(self._position)
                grown = file.read()
        except FileNotFoundError:
            grown = b""
        whole = grown[: grown.rfind(b"\n") + 1]
        self._position += len(whole)
        for call in take_lines(whole.decode(errors="replace").splitlines(), self._calls):
            self._of_job.setdefault(call.attempt.split("-")[0], []).append(call)
        return self._of_job.get(str(job), [])


def take_lines(lines, calls: dict[str, Call]):
    """Keeps `calls` up; yields those that are new."""
    for line in lines:
        words = line.split()
        if len(words) < 4 or not words[0].isdigit():
            continue
        at, what, call_id, number = int(words[0]), words[1], words[2], "+" + words[3]
        if what == "invite":
            calls[call_id] = Call(number, words[4] if len(words) > 4 else "", at)
            yield calls[call_id]
        elif call := calls.get(call_id):
            if what == "answer":
                call.answered = at
            elif what == "end" and call.ended is None:
                call.ended = at
            elif what == "gone":
                call.ended, call.gone = at, True


def read_calls(lines) -> list[Call]:
    """Calls in the order of their INVITEs."""
    return list(take_lines(lines, {}))


def judge(calls: list[Call], expected: set[str], max_attempts: int) -> Verdict:
    verdict = Verdict(invites=len(calls), answered=sum(call.answered is not None for call in calls))
    attempts: dict[str, Call] = {}
    before: dict[str, list[Call]] = {}
    for call in calls:
        earlier = before.setdefault(call.number, [])
        if not call.attempt:
            verdict.doubled.append(f"{call.number}: an INVITE without an attempt id")
        elif call.attempt in attempts:
            verdict.doubled.append(f"{call.number}: attempt {call.attempt} in a second call")
        elif any(other.answered is not None and other.answered < call.invited for other in earlier):
            verdict.doubled.append(f"{call.number}: attempt {call.attempt} to a callee who had already answered")
        elif any(other.ended is None or other.ended > call.invited for other in earlier):
            verdict.doubled.append(f"{call.number}: attempt {call.attempt} while another call was under way")
        elif len(earlier) >= max_attempts:
            verdict.doubled.append(f"{call.number}: attempt {call.attempt} beyond the strategy's {max_attempts}")
        attempts[call.attempt] = call
        earlier.append(call)
    verdict.lost = sorted(expected - before.keys())
    verdict.strangers = sorted(before.keys() - expected)
    verdict.left_hanging = [call.number for call in calls if call.gone or call.ended is None]
    if len(calls) > 1 and calls[-1].invited > calls[0].invited:
        verdict.calls_per_s = round(len(calls) * 1000 / (calls[-1].invited - calls[0].invited), 1)
    return verdict
