"""An authority of the cluster's own, and a certificate for each host, good for its address and nothing else."""

import os
import subprocess
from pathlib import Path

from processes import FAKETIME

NEW_KEY = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30"]


class Authority:
    def __init__(self, directory: Path):
        self.directory = directory
        self.certificate, self._key = directory / "ca.pem", directory / "ca.key"

    def make(self):
        self.directory.mkdir()
        self._openssl("-subj", "/CN=Everdial test cluster", "-keyout", self._key, "-out", self.certificate)

    def issue(self, host: str, address: str) -> tuple[Path, Path]:
        certificate, key = self.directory / f"{host}.pem", self.directory / f"{host}.key"
        self._openssl("-CA", self.certificate, "-CAkey", self._key, "-subj", f"/CN={host}", "-addext", f"subjectAltName=IP:{address}",
                      "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate)
        return certificate, key

    @staticmethod
    def _openssl(*arguments):
        # From yesterday on, for servers whose clocks are behind.
        yesterday = {**os.environ, "LD_PRELOAD": FAKETIME, "FAKETIME": "-1d"}
        subprocess.run([*NEW_KEY, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=yesterday)
