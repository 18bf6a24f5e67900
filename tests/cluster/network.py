"""A network of the cluster's own: a switch in one namespace, and a namespace with one cable to that switch for each host.

All faults of the network happen in the switch, where no host can see them: a cable that is out, packets that are dropped.
"""

import json
import os
import signal
import subprocess
from contextlib import suppress

SWITCH = "switch"
OUTSIDE = "outside"  # the cable to this machine itself, so that tests and browsers reach the hosts


def run(*command, text: str | None = None) -> str:
    done = subprocess.run(list(map(str, command)), input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def spaces() -> set[str]:
    return {line.split()[0] for line in run("ip", "netns", "list").splitlines() if line}


class Network:
    """Number N has the addresses 10.97.N.0/24, so that several networks can stand side by side."""

    def __init__(self, number: int):
        self.number = number

    @staticmethod
    def unused() -> "Network":
        taken = spaces()
        return next(network for network in map(Network, range(1, 255)) if network.space(SWITCH) not in taken)

    def space(self, host: str) -> str:
        return f"everdial{self.number}-{host}"

    def address(self, last: int) -> str:
        return f"10.97.{self.number}.{last}"

    def inside(self, host: str, *command) -> list[str]:
        """The command that runs `command` in a host's namespace."""
        return ["nsenter", f"--net=/run/netns/{self.space(host)}", "--", *map(str, command)]

    def _ip(self, host: str, *arguments):
        run(*self.inside(host, "ip", *arguments))  # `ip -n` wants a root that is a mount, which a chroot is not

    def _nft(self, *rules: str):
        run(*self.inside(SWITCH, "nft", "-f", "-"), text="\n".join(rules) + "\n")

    # ---- up and down -------------------------------------------------------------------------------------------------------------

    def up(self):
        run("ip", "netns", "add", self.space(SWITCH))
        self._ip(SWITCH, "link", "add", "lan", "type", "bridge")
        self._ip(SWITCH, "link", "set", "lan", "up")
        self._nft("table bridge faults {", "chain forward {", "type filter hook forward priority 0;", "}", "}")
        outside = f"everdial{self.number}"
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", OUTSIDE, "netns", self.space(SWITCH))
        run("ip", "address", "add", self.address(1) + "/24", "dev", outside)
        run("ip", "link", "set", outside, "up")
        self._connect(OUTSIDE)

    def attach(self, host: str, last: int):
        run("ip", "netns", "add", self.space(host))
        # A machine keeps its hardware address when it is switched on again.
        mac = f"02:ed:00:00:{self.number:02x}:{last:02x}"
        self._ip(SWITCH, "link", "add", "name", host, "type", "veth", "peer", "name", "eth0", "address", mac, "netns", self.space(host))
        self._ip(host, "address", "add", self.address(last) + "/24", "dev", "eth0")
        self._ip(host, "link", "set", "lo", "up")
        self._ip(host, "link", "set", "eth0", "up")
        self._connect(host)

    def _connect(self, port: str):
        self._ip(SWITCH, "link", "set", "dev", port, "master", "lan", "up")

    def detach(self, host: str):
        """The cable goes first: what connections the host still had must not be said good-bye to."""
        self._ip(SWITCH, "link", "delete", "dev", host)
        run("ip", "netns", "delete", self.space(host))

    def down(self):
        for space in sorted(spaces()):
            if space.startswith(f"everdial{self.number}-"):
                run("ip", "netns", "delete", space)

    def end_processes(self, host: str):
        """All that is in its namespace, at once."""
        for pid in self.processes(host):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # ---- faults ------------------------------------------------------------------------------------------------------------------

    def unplug(self, host: str):
        self._ip(SWITCH, "link", "set", "dev", host, "down")

    def drop(self, sender: str, receiver: str, percent: int = 100):
        """What `sender` sends does not reach `receiver`; the sender is told nothing."""
        chance = f"numgen random mod 100 < {percent} " if percent < 100 else ""
        self._nft(f'add rule bridge faults forward iifname "{sender}" oifname "{receiver}" {chance}drop')

    def heal(self):
        self._nft("flush chain bridge faults forward")

    def faults(self) -> list[str]:
        rules = run(*self.inside(SWITCH, "nft", "list", "chain", "bridge", "faults", "forward")).splitlines()
        return [rule.strip() for rule in rules if "drop" in rule]

    def packets(self, host: str) -> int:
        """That have gone over its cable so far, either way."""
        seen = json.loads(run(*self.inside(SWITCH, "ip", "-s", "-j", "link", "show", "dev", host)))[0]["stats64"]
        return seen["rx"]["packets"] + seen["tx"]["packets"]

    def processes(self, host: str) -> list[int]:
        return [int(pid) for pid in run("ip", "netns", "pids", self.space(host)).split()]
