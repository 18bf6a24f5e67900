"""A whole Everdial on this machine: a private PostgreSQL, two servers, one of them with an MPP, and a carrier to dial into."""

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from api import Api, ApiError
from carrier import DEMO_SCENARIO, PHONES_SCENARIO, Carrier, sox, spawn

TOP = Path(__file__).resolve().parent.parent
EVERYWHERE = ["list_manager", "campaign_director", "campaign_manager", "agent_manager", "agent_sdk", "rule_engine", "load_monitor",
              "application_server", "dashboard"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ports:
    """UDP ports of one carrier, one MPP and the agents' phones, below the kernel's own range for outgoing ones, so that nobody else is
    given one meanwhile."""

    SIZE = 4400

    def __init__(self):
        ranges = list(range(10_000, 32_000 - self.SIZE + 1, self.SIZE))
        random.shuffle(ranges)
        self.first = next((first for first in ranges if all(self.is_free(first + step) for step in (10, 20, 110))), ranges[0])
        self.carrier_rtp, self.carrier_sip = self.first, self.first + 10
        self.phones_rtp, self.phones_sip = self.first + 100, self.first + 110
        self.mpp_sip = self.first + 20  # and the ones after it, one a worker
        self.mpp_rtp = (self.first + 400, self.first + self.SIZE - 1)

    @staticmethod
    def is_free(port: int) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return True
            except OSError:
                return False


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    except OSError:
        return []


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    except OSError:
        return []


class System:
    """`with System() as system:` starts everything and ends everything, whatever happens in between."""

    def __init__(self, servers: int = 2, workers: int = 2, scenario: Path = DEMO_SCENARIO, postgres: dict | None = None):
        self.everdial = TOP / "build" / os.environ.get("EVERDIAL_BUILD", "release") / "src/main/everdial"
        self.directory = Path(tempfile.mkdtemp(prefix="everdial-demo."))
        self.directory.chmod(0o755)
        self.import_folder = self.directory / "imports"
        self.names = [f"server{i + 1}" for i in range(servers)]
        self.workers, self.postgres = workers, postgres or {}
        self.http = {name: free_port() for name in self.names}
        self.urls = [f"http://127.0.0.1:{port}" for port in self.http.values()]
        self.ports = Ports()
        self.carrier = Carrier(self.directory / "carrier", self.ports.carrier_sip, self.ports.carrier_rtp, scenario)
        self.phones = Carrier(self.directory / "phones", self.ports.phones_sip, self.ports.phones_rtp, PHONES_SCENARIO)
        self.user, self.password = "admin", secrets.token_urlsafe(9)
        self.processes: dict[str, subprocess.Popen] = {}
        self.api = Api(self.urls)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        if not self.everdial.exists():
            sys.exit(f"{self.everdial.relative_to(TOP)} is not there: ./dev build")
        settings = [f"{key}={value}" for key, value in self.postgres.items()]
        self.uri = subprocess.run([TOP / "tests/pg.sh", "start", self.directory / "pg", str(free_port()), *settings],
                                  check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        for name in self.names:
            self.configure(name)
        self.everdial_command("migrate")
        self.everdial_command("account", "create", self.user, "--role", "administrator", EVERDIAL_PASSWORD=self.password)
        self.carrier.start()
        for name in self.names:
            self.start_server(name)
        self.await_ready()

    def configure(self, name: str):
        first = name == self.names[0]
        data = self.directory / name
        (data / "prompts").mkdir(parents=True)
        self.import_folder.mkdir(exist_ok=True)
        components = EVERYWHERE + (["mpp"] if first else [])
        self.config(name).write_text(f"""\
server:
  name: {name}
  components: [{', '.join(components)}]
data_dir: {data}
database:
  uri: {self.uri}
rpc:
  listen_host: 127.0.0.1
http:
  listen: 127.0.0.1:{self.http[name]}
  console: {TOP}/web/apps/console/dist
agents:
  listen: 127.0.0.1:{free_port()}
  desktop: {TOP}/web/apps/agent/dist
health:
  listen: 127.0.0.1:{free_port()}
mpp:
  workers: {self.workers}
  sip_host: 127.0.0.1
  sip_port: {self.ports.mpp_sip}
  rtp_first_port: {self.ports.mpp_rtp[0]}
  rtp_last_port: {self.ports.mpp_rtp[1]}
trunks:
  - name: carrier
    uri: sip:127.0.0.1:{self.carrier.port}
    transport: udp
    channels: 2000
    calls_per_second: 2000
lists:
  import_folder: {self.import_folder}
load:
  high_percent: 101  # what else this machine does is not the demo's load
log:
  format: human
  level: info
""")

    def config(self, name: str) -> Path:
        return self.directory / f"{name}.yaml"

    def everdial_command(self, *arguments, **environment):
        subprocess.run([self.everdial, *arguments, "--config", self.config(self.names[0])], check=True,
                       env={**os.environ, **environment}, stdout=subprocess.DEVNULL)

    def start_server(self, name: str):
        with open(self.directory / f"{name}.log", "ab") as log:
            self.processes[name] = spawn([self.everdial, "server", "--config", self.config(name)], log)

    def await_ready(self):
        """Ready: every component of every server is there, and each of those that have a master has one."""
        until = time.monotonic() + 30
        waiting_for = "the dashboard"
        while time.monotonic() < until:
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise SystemExit(f"{name} ended with {process.returncode}:\n{self.tail(name)}")
            try:
                if not self.api.token:
                    self.api.log_in(self.user, self.password)
                missing = [f"{component['component']} of {server['name']}" for server in self.api.get("/status")["servers"]
                           for component in server["components"] if component["state"] in ("STARTING", "STOPPED")]
                if not missing and len(self.api.get("/status")["servers"]) == len(self.names):
                    return
                waiting_for = ", ".join(missing)
            except (OSError, ApiError) as error:
                waiting_for = f"the dashboard ({error})"
            time.sleep(0.1)
        raise SystemExit(f"not ready after 30 s: waiting for {waiting_for}\n{self.tail(self.names[0])}")

    def tail(self, name: str) -> str:
        return "".join((self.directory / f"{name}.log").read_text(errors="replace").splitlines(keepends=True)[-30:])

    def components(self) -> list[tuple[int, str, str]]:
        """(pid, server, component) of all component processes that run now."""
        found = []
        for name, process in self.processes.items():
            for pid in children_of(process.pid):
                command = command_of(pid)
                if len(command) > 1 and Path(command[0]).name == "everdial":
                    instance = command[command.index("--instance") + 1] if "--instance" in command else ""
                    found.append((pid, name, f"{command[1]} {instance}".strip()))
        return found

    def kill_one(self, chance: random.Random) -> str | None:
        running = self.components()
        if not running:
            return None
        pid, server, component = chance.choice(running)
        os.kill(pid, signal.SIGKILL)
        return f"{component} of {server}"

    def start_phones(self):
        """The agents' phones; who is called there hears back what is said."""
        self.phones.start("-rtp_echo")

    def phone_of(self, agent: str) -> str:
        return f"sip:{agent}@127.0.0.1:{self.phones.port}"

    def make_prompt(self, name: str, text: str):
        """Speaks a prompt for the servers to play."""
        spoken = self.directory / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "190", "-w", spoken, text], check=True)
        for server in self.names:
            sox(spoken, "-r", "8000", "-c", "1", "-b", "16", self.directory / server / "prompts" / name)

    def stop(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()  # its components die with it
                process.wait()
        self.carrier.stop()
        self.phones.stop()
        subprocess.run([TOP / "tests/pg.sh", "stop", self.directory / "pg"], check=False)
        keep = os.environ.get("EVERDIAL_KEEP")
        if keep:
            print(f"kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
