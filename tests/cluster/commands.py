"""./dev cluster: real servers in network namespaces, and their faults, by hand.

  up SERVERSxZONES        such as 3x2: three servers, two zones; two media servers, PostgreSQL and a carrier come with them
  status                  what runs, what fails, what Everdial says of itself, how to reach it
  kill NAME               kill -9; NAME is SERVER, SERVER/COMPONENT or SERVER/COMPONENT/INSTANCE; a server starts its components again
  stop NAME               drain and end
  freeze NAME, thaw NAME  SIGSTOP, SIGCONT
  cut A B [--one-way]     what A sends does not reach B, and the other way round; A and B are servers, database, carrier, phones or outside
  lose SERVER PERCENT     so many of its packets are lost, either way
  heal                    all cuts and losses end
  power-off SERVER        its processes and its network end at once; power-on SERVER starts it again, after stop and kill as well
  down                    ends all of it
"""  # and down-after PID, for test runs: down, once that process has ended

import os
import sys
import time
from pathlib import Path

from cluster import CARRIER, DIRECTORY, OUTSIDE, PHONES, Cluster


class Usage(Exception):
    pass


def existing() -> Cluster:
    if cluster := Cluster.running():
        return cluster
    raise Usage("no cluster is up: ./dev cluster up 2x1")


def host(cluster: Cluster, name: str) -> str:
    if name not in cluster.hosts:
        raise Usage(f"there is no server {name}; there are {', '.join(cluster.hosts)}")
    return name


def place(cluster: Cluster, name: str) -> str:
    return name if name in ("database", CARRIER, PHONES, OUTSIDE) else host(cluster, name)


def up(shape: str):
    servers, times, zones = shape.partition("x")
    if not (times and servers.isdigit() and zones.isdigit() and 1 <= int(servers) <= 8 and 1 <= int(zones) <= 8):
        raise Usage("up takes SERVERSxZONES, such as 2x1, up to 8x8")
    if Cluster.running():
        raise Usage("a cluster is up already: ./dev cluster down")
    started = time.monotonic()
    cluster = Cluster.up(int(servers), int(zones))
    print(f"up after {time.monotonic() - started:.1f} s")
    show(cluster)


def show(cluster: Cluster):
    for name in cluster.hosts:
        state = f"{len(cluster.processes(name))} processes" if cluster.is_running(name) else "does not run"
        print(f"{name:9} {cluster.address(name):13} {state}")
    for fault in cluster.network.faults():
        print(f"fault: {fault}")
    try:
        print("\n" + cluster.ctl("status"))
    except RuntimeError as error:
        print(f"\n{error}\n")
    print(f"console: {' '.join(cluster.urls)}, log in as {cluster.state['user']} with {cluster.state['password']}")
    print(f"command line: {DIRECTORY}/bin/everdialctl --server {cluster.urls[0]} --ca-file {cluster.authority.certificate} "
          f"--token-file {DIRECTORY}/token")
    print(f"logs, configurations: {DIRECTORY}")


def cut(cluster: Cluster, a: str, b: str, *option: str):
    if option not in ((), ("--one-way",)):
        raise Usage("cut takes two names and --one-way")
    cluster.cut(place(cluster, a), place(cluster, b), one_way=bool(option))


def lose(cluster: Cluster, name: str, percent: str):
    if not percent.isdigit() or not 1 <= int(percent) <= 100:
        raise Usage("lose takes a server and a percentage")
    cluster.lose(host(cluster, name), int(percent))


def down_after(cluster: Cluster, pid: str):
    """Keeps watch for one who may end without a word, such as a test run: its cluster ends with it."""
    mine = cluster.state["number"]
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.5)
    if (cluster := Cluster.running()) and cluster.state["number"] == mine:
        cluster.down()


VERBS = {
    "status": show,
    "kill": Cluster.kill,
    "stop": Cluster.stop,
    "freeze": Cluster.freeze,
    "thaw": Cluster.thaw,
    "cut": cut,
    "lose": lose,
    "heal": Cluster.heal,
    "power-off": lambda cluster, name: cluster.power_off(host(cluster, name)),
    "power-on": lambda cluster, name: cluster.power_on(host(cluster, name)),
    "down": Cluster.down,
    "down-after": down_after,
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("help", "--help", "-h"):
        print(__doc__)
        return 0 if arguments else 2
    if os.geteuid() != 0:  # namespaces belong to root
        os.execvp("sudo", ["sudo", "--preserve-env=EVERDIAL_CLUSTER,EVERDIAL_BUILD", sys.executable, __file__, *arguments])
    verb, *rest = arguments
    try:
        if verb == "up":
            up(*rest)
        elif verb == "down" and not Cluster.running():
            print("no cluster is up")
        elif verb in VERBS:
            VERBS[verb](existing(), *rest)
        else:
            raise Usage(f"there is no verb {verb}; ./dev cluster help shows all")
    except (Usage, ProcessLookupError, TimeoutError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 2 if isinstance(error, Usage) else 1
    except TypeError:
        print(f"cluster: {verb} takes other arguments; ./dev cluster help shows all", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
