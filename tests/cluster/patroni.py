"""PostgreSQL that fails over: three nodes under Patroni (deploy/patroni/patroni.yml as it stands), each with an etcd beside it."""

import os
import pwd
import secrets
import shutil
import subprocess
import time
from pathlib import Path

from database import TOP, Answers
from network import Network
from processes import await_that, spawn

NODES = {"database1": 31, "database2": 32, "database3": 33}


class Patroni(Answers):
    def __init__(self, network: Network, directory: Path):
        self.network, self.directory = network, directory
        self.password_file = directory / "everdial.password"
        self.uri = f"postgresql://everdial@{self._list(5432)}/everdial"
        super().__init__(self._connection, self.password_file)

    def _connection(self) -> list[str]:
        """To whichever takes writes, of those that have power: a time-out at one that has none would spoil what is measured."""
        alive = ",".join(f"{self.address(node)}:5432" for node in NODES if self.network.processes(node))
        return [f"postgresql://everdial@{alive}/everdial?target_session_attrs=read-write&connect_timeout=2"]

    @property
    def hosts(self) -> list[str]:
        return list(NODES)

    def address(self, node: str) -> str:
        return self.network.address(NODES[node])

    def _list(self, port: int) -> str:
        return ",".join(f"{self.address(node)}:{port}" for node in NODES)

    # ---- up and down -------------------------------------------------------------------------------------------------------------

    def start(self):
        self.directory.mkdir()
        self.directory.chmod(0o755)
        passwords = {name: secrets.token_urlsafe(12) for name in ("SUPERUSER_PASSWORD", "REPLICATION_PASSWORD")}
        for node in NODES:
            self._configure(node, passwords)
        for node in NODES:
            self.start_node(node)
        superuser = f"postgresql://postgres:{passwords['SUPERUSER_PASSWORD']}@{self._list(5432)}/postgres?target_session_attrs=read-write"
        await_that(lambda: self._said(superuser, "select 1") == "1", 60, "the database takes writes", every=0.2)
        streaming = "select count(*) from pg_stat_replication where state = 'streaming'"
        await_that(lambda: self._said(superuser, streaming) == "2", 60, "both standbys follow", every=0.2)
        password = secrets.token_urlsafe(12)
        self.password_file.write_text(password + "\n")
        self.password_file.chmod(0o600)
        for statement in (f"create role everdial login password '{password}'", "grant pg_read_all_stats to everdial",
                          "create database everdial owner everdial"):
            if self._said(superuser, statement) is None:
                raise RuntimeError(f"the database refused: {statement.split()[:3]}")

    @staticmethod
    def _said(uri: str, sql: str) -> str | None:
        done = subprocess.run(["psql", "-XqAt", uri, "-c", sql], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def _configure(self, node: str, passwords: dict[str, str]):
        self.network.attach(node, NODES[node])
        home = self.directory / node
        home.mkdir()
        values = {"NAME": node, "ADDRESS": self.address(node), "ETCD": self._list(2379), "NETWORK": f"{self.network.address(0)}/24",
                  "DIRECTORY": str(home), **passwords}
        text = (TOP / "deploy/patroni/patroni.yml").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        (home / "patroni.yml").write_text(text)
        (home / "patroni.yml").chmod(0o600)
        user = pwd.getpwnam("postgres")
        for path in (home, home / "patroni.yml"):
            os.chown(path, user.pw_uid, user.pw_gid)

    def start_node(self, node: str):
        address, home = self.address(node), self.directory / node
        members = ",".join(f"{other}=http://{self.address(other)}:2380" for other in NODES)
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "env", "-C", home, "LC_ALL=C.UTF-8"]
        etcd = ["etcd", "--name", node, "--data-dir", home / "etcd", "--initial-cluster", members, "--initial-cluster-state", "new",
                "--listen-peer-urls", f"http://{address}:2380", "--initial-advertise-peer-urls", f"http://{address}:2380",
                "--listen-client-urls", f"http://{address}:2379", "--advertise-client-urls", f"http://{address}:2379"]
        spawn(self.network.inside(node, *as_postgres, *etcd), self.directory / f"{node}.etcd.log")
        spawn(self.network.inside(node, *as_postgres, "patroni", home / "patroni.yml"), self.directory / f"{node}.log")

    def stop(self):
        self.close()
        for node in NODES:
            self.network.end_processes(node)
        shutil.rmtree(self.directory, ignore_errors=True)

    # ---- what may happen to it ---------------------------------------------------------------------------------------------------

    def primary(self) -> str:
        """The node that takes writes."""
        address = self.value("select host(inet_server_addr())")
        return next(node for node in NODES if self.address(node) == address)

    def power_off(self, node: str):
        self.close()  # it would wait for the dead
        self.network.unplug(node)
        self.network.end_processes(node)

    def power_on(self, node: str):
        self.network.detach(node)
        self.network.attach(node, NODES[node])
        self.start_node(node)

    def restore(self):
        for node in NODES:
            if not self.network.processes(node):
                self.power_on(node)
        self.await_whole()

    def await_whole(self, within: float = 60):
        """All three live, and one of the standbys is synchronous."""
        names = "select count(*), count(*) filter (where sync_state = 'sync') from pg_stat_replication where state = 'streaming'"

        def whole() -> bool:
            try:
                return self.rows(names) == [["2", "1"]]
            except RuntimeError:
                return False

        await_that(whole, within, "three database nodes, one of them a synchronous standby", every=0.2)

    def await_writable(self, within: float = 60) -> float:
        """When a write went through again, by this machine's clock."""

        def writes() -> float | None:
            try:
                self.rows("begin; create temporary table probe (n int) on commit drop; select txid_current(); commit")
                return time.time()
            except RuntimeError:
                return None

        return await_that(writes, within, "the database takes writes")
