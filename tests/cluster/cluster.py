"""Real Everdial servers on this machine, each in a network namespace of its own: what `./dev cluster` and the cluster tests stand on.

A cluster outlives the process that made it: cluster.json in its directory says what there is, and `Cluster.running()` finds it again.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "demo"))

from api import Api, ApiError  # noqa: E402
from carrier import PHONES_SCENARIO, Carrier, sox  # noqa: E402, F401
from carrier_trace import Trace  # noqa: E402
from certificates import Authority  # noqa: E402
from database import Database  # noqa: E402
from network import OUTSIDE, Network, run  # noqa: E402
from patroni import Patroni  # noqa: E402
from processes import FAKETIME, await_that, is_alive, spawn  # noqa: E402
from system import children_of, command_of  # noqa: E402

DIRECTORY = Path(os.environ.get("EVERDIAL_CLUSTER", "/tmp/everdial-cluster"))
BUILD = TOP / "build" / os.environ.get("EVERDIAL_BUILD", "release") / "src"
BINARIES = [BUILD / "main/everdial", BUILD / "ctl/everdialctl"]
ON_SERVERS = ["list_manager", "campaign_director", "campaign_manager", "agent_manager", "agent_sdk", "rule_engine", "load_monitor",
              "dashboard"]
ON_MEDIA_SERVERS = ["application_server", "mpp"]
MPP_WORKERS = 2
CARRIER, CARRIER_LAST = "carrier", 3
PHONES, PHONES_LAST = "phones", 4  # of agents


class Cluster:
    def __init__(self, state: dict):
        self.state = state
        self.network = Network(state["number"])
        self.servers = [f"server{i + 1}" for i in range(state["servers"])]
        self.zones = [f"zone{i + 1}" for i in range(state["zones"])]
        self.media = [f"media{i + 1}" for i in range(state["media"])]
        self.authority = Authority(DIRECTORY / "certificates")
        self.database = (Patroni if state["patroni"] else Database)(self.network, DIRECTORY / "database")
        self.carrier = Carrier(DIRECTORY / CARRIER, 5060, 6000, host=self.network.address(CARRIER_LAST))
        self.trace = Trace(self.carrier.log)
        self.phones = Carrier(DIRECTORY / PHONES, 5060, 6000, PHONES_SCENARIO, host=self.network.address(PHONES_LAST))
        self.lines = Trace(self.phones.log)
        self.urls = [f"https://{self.address(server)}:8443" for server in self.servers]
        self.api = Api(self.urls, ca_file=self.authority.certificate, answer_s=2)
        self.api.token = state.get("token")

    @staticmethod
    def running() -> "Cluster | None":
        try:
            return Cluster(json.loads((DIRECTORY / "cluster.json").read_text()))
        except FileNotFoundError:
            return None

    def _save(self):
        (DIRECTORY / "cluster.json").write_text(json.dumps(self.state))

    @property
    def hosts(self) -> list[str]:
        """The machines that run Everdial."""
        return self.servers + self.media

    def address(self, host: str) -> str:
        return self.network.address(self._last(host))

    def _last(self, host: str) -> int:
        return 11 + self.servers.index(host) if host in self.servers else 21 + self.media.index(host)

    # ---- up and down -------------------------------------------------------------------------------------------------------------

    @staticmethod
    def up(servers: int, zones: int, media: int = 2, patroni: bool = False) -> "Cluster":
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        DIRECTORY.mkdir(parents=True)
        DIRECTORY.chmod(0o755)
        state = {"number": Network.unused().number, "servers": servers, "zones": zones, "media": media, "patroni": patroni, "pids": {},
                 "user": "admin", "password": secrets.token_urlsafe(9)}
        cluster = Cluster(state)
        cluster._save()
        try:
            cluster._start()
        except BaseException:
            cluster.down()
            raise
        return cluster

    def _start(self):
        # Copies: what runs for minutes must not change when somebody builds.
        (DIRECTORY / "bin").mkdir()
        for binary in BINARIES:
            shutil.copy2(binary, DIRECTORY / "bin")
        self.network.up()
        self.database.start()
        self.authority.make()
        for host in self.hosts:
            self.network.attach(host, self._last(host))
            self._configure(host)
        first = self.network.inside(self.servers[0], DIRECTORY / "bin/everdial")
        configuration = ["--config", str(self.configuration(self.servers[0]))]
        subprocess.run([*first, "migrate", *configuration], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([*first, "account", "create", self.state["user"], "--role", "administrator", *configuration], check=True,
                       env={**os.environ, "EVERDIAL_PASSWORD": self.state["password"]}, stdout=subprocess.DEVNULL)
        self.network.attach(CARRIER, CARRIER_LAST)
        self._spawn(CARRIER, ["env", "-C", self.carrier.directory, *self.carrier.prepare()])
        self.network.attach(PHONES, PHONES_LAST)
        self._spawn(PHONES, ["env", "-C", self.phones.directory, *self.phones.prepare(), "-rtp_echo"])
        for host in self.hosts:
            self.start(host)
        await_that(self._log_in, 20, "a dashboard lets us in")
        self.await_whole()

    def _log_in(self) -> bool:
        try:
            self.api.log_in(self.state["user"], self.state["password"])
        except (OSError, ApiError):
            return False
        self.state["token"] = self.api.token
        (DIRECTORY / "token").write_text(self.api.token + "\n")
        self._save()
        return True

    def is_as_built(self) -> bool:
        """Whether it runs what the last build made."""
        return all((DIRECTORY / "bin" / binary.name).stat().st_mtime == binary.stat().st_mtime for binary in BINARIES)

    def down(self):
        for name in [*self.state["pids"]]:
            self.network.end_processes(name)
        self.database.stop()
        self.network.down()
        for host in self.hosts:
            if self.data(host).is_mount():
                run("umount", self.data(host))
        shutil.rmtree(DIRECTORY, ignore_errors=True)

    def configuration(self, host: str) -> Path:
        return DIRECTORY / f"{host}.yaml"

    def data(self, host: str) -> Path:
        return DIRECTORY / host

    def _configure(self, host: str):
        (self.data(host) / "prompts").mkdir(parents=True)
        certificate, key = map(str, self.authority.issue(host, self.address(host)))
        settings = {
            "server": {"name": host, "components": ON_SERVERS if host in self.servers else ON_MEDIA_SERVERS},
            "data_dir": str(self.data(host)),
            "database": {"uri": self.database.uri, "password_file": str(self.database.password_file)},
            "rpc": {"listen_host": self.address(host), "tls_cert": certificate, "tls_key": key, "tls_ca": str(self.authority.certificate)},
            "http": {"listen": f"{self.address(host)}:8443", "tls_cert": certificate, "tls_key": key,
                     "console": str(TOP / "web/apps/console/dist")},
            "agents": {"listen": f"{self.address(host)}:8444", "desktop": str(TOP / "web/apps/agent/dist")},
            "health": {"listen": f"{self.address(host)}:9100"},
            "mpp": {"workers": MPP_WORKERS, "sip_host": self.address(host)},
            "dialing": {"zones": self.zones},
            "load": {"high_percent": 101},  # what else this machine does is not the cluster's load
            "trunks": [{"name": "carrier", "uri": f"sip:{self.carrier.host}:{self.carrier.port}", "transport": "udp", "channels": 2000,
                        "calls_per_second": 2000}],
            "log": {"format": "human", "level": "info"},
        }
        self.configuration(host).write_text(json.dumps(settings, indent=1))  # which is YAML, too

    def _spawn(self, host: str, command: list):
        self.state["pids"][host] = spawn(self.network.inside(host, *command), DIRECTORY / f"{host}.log")
        self._save()

    # ---- what runs ---------------------------------------------------------------------------------------------------------------

    def is_running(self, host: str) -> bool:
        pid = self.state["pids"].get(host)
        return pid is not None and is_alive(pid)

    def processes(self, name: str) -> list[int]:
        """Of SERVER: its main process and all components; of SERVER/COMPONENT[/INSTANCE]: these."""
        host, *component = name.split("/")
        if not self.is_running(host):
            return []
        main = self.state["pids"][host]
        children = [pid for pid in children_of(main) if is_alive(pid)]
        if not component:
            return [main, *children]
        return [pid for pid in children if self._is(command_of(pid), *component)]

    @staticmethod
    def _is(command: list[str], component: str, instance: str = "") -> bool:
        runs = command[command.index("--instance") + 1] if "--instance" in command else ""
        return len(command) > 1 and command[1] == component and instance in ("", runs)

    def _signal(self, name: str, number: int):
        pids = self.processes(name)
        if not pids:
            raise ProcessLookupError(f"{name} does not run")
        for pid in pids:
            os.kill(pid, number)

    # ---- faults ------------------------------------------------------------------------------------------------------------------

    def start(self, host: str, own_clock: bool = False, program: str = "everdial"):
        """With a clock of its own its time of day can be set; what has passed is still the same for all."""
        command = [DIRECTORY / "bin" / program, "server", "--config", self.configuration(host)]
        if own_clock:
            self.set_clock(host, 0)
            command = ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME_TIMESTAMP_FILE={self._clock(host)}", "FAKETIME_NO_CACHE=1",
                       "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1", *command]
        self._spawn(host, command)

    def _clock(self, host: str) -> Path:
        return self.data(host) / "clock"

    def set_clock(self, host: str, seconds: int):
        """So far ahead of everybody else's, or behind."""
        changed = self._clock(host).with_suffix(".new")
        changed.write_text(f"{seconds:+d}\n")
        changed.rename(self._clock(host))

    def give_small_disk(self, host: str, megabytes: int):
        self.power_off(host)
        prompts = {file.name: file.read_bytes() for file in (self.data(host) / "prompts").iterdir()}
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.data(host))
        (self.data(host) / "prompts").mkdir()
        for name, sound in prompts.items():
            (self.data(host) / "prompts" / name).write_bytes(sound)
        self.power_on(host)

    def give_own_disk(self, host: str):
        self.power_off(host)
        await_that(lambda: not self.network.processes(host), 20, f"nobody has files open on {host}")
        run("umount", self.data(host))
        self.power_on(host)

    def fill_disk(self, host: str):
        with suppress(OSError), open(self.data(host) / "ballast", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free_disk(self, host: str):
        (self.data(host) / "ballast").unlink()

    def await_ended(self, host: str):
        await_that(lambda: not self.is_running(host), 20, f"{host} has ended")

    def kill(self, name: str):
        self._signal(name, signal.SIGKILL)

    def stop(self, name: str):
        """Asks it to drain and end; a component is started again by its server."""
        pids = self.processes(name)
        if not pids:
            raise ProcessLookupError(f"{name} does not run")
        for pid in pids if "/" in name else pids[:1]:
            os.kill(pid, signal.SIGTERM)

    def freeze(self, name: str):
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str):
        self._signal(name, signal.SIGCONT)

    def power_off(self, *hosts: str):
        """The cables go dead before the processes do, so that nobody is told."""
        for host in hosts:
            self.network.unplug(host)
        for host in hosts:
            self.network.end_processes(host)

    def power_on(self, host: str):
        if self.is_running(host):
            raise ProcessLookupError(f"{host} is running")
        self.network.detach(host)
        self.network.attach(host, self._last(host))
        self.start(host)

    def cut(self, a: str, b: str, one_way: bool = False):
        self.network.drop(a, b)
        if not one_way:
            self.network.drop(b, a)

    def cut_off(self, host: str, *others: str):
        """From all of these, be it itself among them or not."""
        for other in others:
            if other != host:
                self.cut(host, other)

    def lose(self, host: str, percent: int):
        """A bad cable: so many packets in a hundred do not arrive, either way; those who look on from outside are spared."""
        for other in [*self.hosts, *self.database.hosts, CARRIER, PHONES]:
            if other != host:
                self.network.drop(host, other, percent)
                self.network.drop(other, host, percent)

    def heal(self):
        self.network.heal()

    def restore(self):
        """Everything runs and reaches everything again."""
        self.heal()
        self.database.restore()
        for host in self.hosts:
            if self.is_running(host):
                self.thaw(host)
            else:
                self.power_on(host)
        self.await_whole()

    # ---- what it says of itself --------------------------------------------------------------------------------------------------

    def ctl(self, *arguments: str, servers: list[str] | None = None) -> str:
        """everdialctl, asked of the servers named, in turn until one answers."""
        asked = [url for server, url in zip(self.servers, self.urls) if servers is None or server in servers]
        command = [DIRECTORY / "bin/everdialctl", "--server", ",".join(asked), "--ca-file", self.authority.certificate,
                   "--token-file", DIRECTORY / "token", *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"everdialctl {' '.join(arguments)}: {done.returncode} {done.stderr.strip()}\n{done.stdout}")
        return done.stdout

    def status(self) -> dict:
        alive = [server for server in self.servers if self.is_running(server)]
        return json.loads(self.ctl("status", "-o", "json", servers=alive))

    def await_whole(self, within: float = 30):
        """Every component of every server runs, each that has a master has one, and each zone has its director and its agents' manager."""
        missing = ["status"]

        def whole() -> bool:
            try:
                status = self.status()
            except RuntimeError as error:
                missing[:] = [str(error)]
                return False
            missing[:] = sorted(set(self.hosts) - {server["name"] for server in status["servers"]})
            missing.extend(f"{component['component']} of {server['name']}" for server in status["servers"]
                           for component in server["components"] if component["state"] not in ("MASTER", "DORMANT", "RUNNING"))
            held = {lease["resource"] for lease in status["leases"] if "server" in lease}
            wanted = {"campaign_director", "rule_engine", "load_monitor", *(f"zone_director/{zone}" for zone in self.zones),
                      *(f"agent_manager/zone/{zone}" for zone in self.zones)}
            missing.extend(sorted(wanted - held))
            return not missing

        try:
            await_that(whole, within, "the cluster is whole", every=0.1)
        except TimeoutError:
            raise TimeoutError(f"not whole within {within:g} s: waiting for {', '.join(missing)}; logs are in {DIRECTORY}") from None

    def holders(self) -> dict[str, str]:
        """Lease to the server whose process holds it, as the database has it this moment."""
        return dict(self.database.rows("select l.resource, s.server from ha_lease l join ha_session s using (incarnation) order by 1"))

    def holder(self, resource: str) -> str | None:
        return self.holders().get(resource)

    def acquired(self, resource: str, since: float) -> list[float]:
        """When others acquired the lease, by the database's own record, in seconds since then."""
        rows = self.database.rows("select extract(epoch from h.at) from ha_history h join ha_lease l using (res_id) where "
                                  f"l.resource = '{resource}' and h.to_incarnation is not null and h.at > to_timestamp({since}) "
                                  "order by h.id")
        return [float(at) - since for (at,) in rows]
