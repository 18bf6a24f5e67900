"""The units for systemd: that it understands them, and that what they run does what they say, beside a real server. This file is in
systemd's place, so that no systemd needs to run."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
EVERDIAL = Path(os.environ.get("EVERDIAL", TOP / "build/release/src/main/everdial"))
sys.path.insert(0, str(TOP / "demo"))
from system import children_of, command_of, free_port  # noqa: E402


def await_that(condition, what: str, within: float = 15):
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.02)


class Units(unittest.TestCase):
    def test_S_02_systemd_understands_the_units(self):
        with tempfile.TemporaryDirectory() as folder:
            units = []
            for unit in HERE.glob("*.service"):
                units.append(Path(folder) / unit.name)
                units[-1].write_text(unit.read_text().replace("/usr/bin/everdial", str(EVERDIAL)))
            verified = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": folder + ":"})
            self.assertEqual((len(units), verified.stdout, verified.returncode), (2, "", 0))


class Component(unittest.TestCase):
    """What everdial-component@rule_engine.service runs, beside a server with two components."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="everdial-units."))
        cls.folder.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.addClassCleanup(subprocess.run, [TOP / "tests/pg.sh", "stop", cls.folder / "pg"], check=True)
        cls.uri = subprocess.run([TOP / "tests/pg.sh", "start", cls.folder / "pg", str(free_port())], check=True, stdout=subprocess.PIPE,
                                 text=True).stdout.strip()
        cls.config = cls.folder / "everdial.yaml"
        cls.config.write_text(f"""\
server: {{name: as1, components: [rule_engine, load_monitor]}}
data_dir: {cls.folder}
database: {{uri: "{cls.uri}"}}
rpc: {{listen_host: 127.0.0.1}}
health: {{listen: "127.0.0.1:{free_port()}"}}
""")
        subprocess.run([EVERDIAL, "migrate", "--config", cls.config], check=True, stdout=subprocess.DEVNULL)
        cls.start_server()
        cls.addClassCleanup(lambda: cls.end(cls.server))

    @classmethod
    def start_server(cls):
        cls.server = subprocess.Popen([EVERDIAL, "server", "--config", cls.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def end(process: subprocess.Popen):
        if process.poll() is None:
            process.kill()
        process.wait()

    def setUp(self):
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.bind(str(self.folder / self.id().rsplit(".", 1)[1]))
        self.manager.setblocking(False)
        self.told: list[str] = []

    @classmethod
    def command(cls, key: str, component: str = "rule_engine") -> list[str]:
        """As systemd makes it of the unit's line."""
        text = (HERE / "everdial-component@.service").read_text()
        line = re.search(rf"^{key}=(.*)$", text, re.M).group(1)
        here = {"%i": component, "$$": "$", "/usr/bin/everdial": EVERDIAL, "/etc/everdial/everdial.yaml": cls.config}
        for written, meant in here.items():
            line = line.replace(written, str(meant))
        return shlex.split(line)

    def watch(self, component: str = "rule_engine") -> subprocess.Popen:
        self.told.clear()
        environment = {**os.environ, "NOTIFY_SOCKET": self.manager.getsockname()}
        watch = subprocess.Popen(self.command("ExecStart", component), env=environment, stdout=subprocess.DEVNULL)
        self.addCleanup(self.end, watch)
        return watch

    def up(self) -> subprocess.Popen:
        watch = self.watch()
        await_that(lambda: self.has_told("READY=1"), "the unit is up")
        return watch

    def has_told(self, word: str) -> bool:
        try:
            while True:
                self.told.append(self.manager.recv(4096).decode())
        except BlockingIOError:
            return any(text.startswith(word) for text in self.told)

    def pid(self) -> int | None:
        return next((pid for pid in children_of(self.server.pid) if command_of(pid)[1:2] == ["rule_engine"]), None)

    def sql(self, statement: str) -> str:
        return subprocess.run(["psql", self.uri, "-Atqc", statement], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def wishes_are_seen(self):
        """The server has looked for what it is to do since now."""
        order = self.sql("insert into component_order (server, component, action, asked_by) values ('as1', 'x', 'kill', 'ada') "
                         "returning id")
        await_that(lambda: self.sql(f"select taken_at is not null from component_order where id = {order}") == "t", "orders are taken")

    def test_S_02_S_03_stop_ends_the_component_which_stays_stopped_until_start(self):
        watch = self.up()
        await_that(lambda: self.has_told("STATUS=MASTER"), "it says how the component is")
        first = self.pid()
        watch.terminate()
        self.assertEqual(watch.wait(15), 0)
        self.assertTrue(self.has_told("STOPPING=1") and self.has_told("STATUS=stopped"))
        await_that(lambda: self.pid() is None, "the component has ended")
        self.wishes_are_seen()
        self.assertIsNone(self.pid(), "the server has started it by itself")
        self.assertEqual(self.sql("select stopped from server"), "{rule_engine}", "as the console shows it")
        self.up()
        self.assertNotIn(self.pid(), (None, first))

    def test_S_02_S_03_the_unit_ends_with_its_component_and_comes_up_with_the_next(self):
        watch = self.up()
        first = self.pid()
        os.kill(first, signal.SIGKILL)
        self.assertEqual(watch.wait(10), 1, "so that systemd begins it anew")
        self.up()
        self.assertNotIn(self.pid(), (None, first))

    def test_S_02_kill_kills_the_component_which_begins_anew(self):
        watch = self.up()
        first = self.pid()
        watch.kill()
        self.assertEqual(watch.wait(), -signal.SIGKILL)
        for result, status in (("success", "0"), ("exit-code", "1"), ("oom-kill", "KILL"), ("signal", "SEGV"), ("signal", "KILL")):
            self.assertEqual(self.sql("select count(*) from component_order where asked_by = 'systemd' and action = 'kill'"), "0", status)
            subprocess.run(self.command("ExecStopPost"), check=True, env={**os.environ, "SERVICE_RESULT": result, "EXIT_STATUS": status})
        await_that(lambda: self.pid() not in (None, first), "the component has begun anew")

    def test_S_03_a_component_that_a_person_stops_is_not_started_by_its_unit(self):
        watch = self.up()
        self.sql("insert into component_order (server, component, action, asked_by) values ('as1', 'rule_engine', 'stop', 'ada')")
        self.sql("update server set stopped = '{rule_engine}'")
        self.assertEqual(watch.wait(10), 0)
        self.assertEqual(self.watch().wait(10), 3)
        self.assertTrue(self.has_told("STATUS=stopped by ada: everdialctl component start as1 rule_engine"))
        self.sql("update server set stopped = '{}'")
        self.up()

    def test_S_03_a_component_that_the_server_is_not_to_run_fails(self):
        self.up()
        self.assertEqual(self.watch("dashboard").wait(10), 2)

    def test_S_03_without_its_server_the_unit_waits(self):
        watch = self.up()
        self.server.terminate()
        self.assertEqual(watch.wait(10), 1)
        self.server.wait(10)
        self.watch()
        await_that(lambda: self.has_told("STATUS=waits: everdial server does not run here"), "it says so")
        self.start_server()
        await_that(lambda: self.has_told("READY=1"), "it is up with its server")


if __name__ == "__main__":
    unittest.main()
