"""An agent's telephone: baresip beside the other phones. It picks up by itself, says a tone, and what it hears can be asked for."""

import cmath
import shutil
import subprocess
from array import array
from pathlib import Path

from cluster import DIRECTORY, PHONES, Cluster, sox
from processes import await_that

MODULES = Path("/usr/lib/baresip/modules")
RATE = 8000
HEADER = 44  # bytes before a WAV's samples
LISTEN_S = 0.4
HEARD = 0.2  # of all that is heard


class Telephone:
    def __init__(self, cluster: Cluster, name: str, port: int, hertz: int):
        self.name, self.host, self.port = name, cluster.phones.host, port
        self.directory = DIRECTORY / f"telephone-{name}"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        tone = self.directory / "tone.wav"
        sox("-n", "-r", RATE, "-c", "1", "-b", "16", tone, "synth", "300", "sine", hertz, "gain", "-6")
        (self.directory / "accounts").write_text(f"<sip:{name}@{self.host}>;regint=0;answermode=auto\n")
        (self.directory / "config").write_text("\n".join([
            f"sip_listen {self.host}:{port}", f"module_path {MODULES}", "module g711.so", "module aufile.so", "module sndfile.so",
            "module_tmp account.so", "module_app menu.so", f"audio_source aufile,{tone}", f"snd_path {self.directory}", ""]))
        with open(self.directory / "log", "wb") as log:
            command = cluster.network.inside(PHONES, "setpriv", "--pdeathsig", "KILL", "baresip", "-f", self.directory)
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        await_that(lambda: b"ready" in (self.directory / "log").read_bytes(), 10, f"the telephone {name} is ready")

    @property
    def address(self) -> str:
        return f"sip:{self.name}@{self.host}:{self.port}"

    def end(self):
        self._process.terminate()
        self._process.wait(10)

    def heard(self) -> array:
        """The last samples of its present call."""
        newest = max(self.directory.glob("*-dec.wav"), key=lambda file: file.stat().st_mtime, default=None)
        samples = array("h")
        if newest:
            last = newest.read_bytes()[HEADER:][-2 * int(LISTEN_S * RATE):]
            samples.frombytes(last[: len(last) // 2 * 2])
        return samples

    def hears(self, hertz: int) -> bool:
        """This tone is a good part of what is heard now."""
        samples = self.heard()
        power = sum(sample * sample for sample in samples)
        if not power:
            return False
        at = sum(sample * cmath.exp(-2j * cmath.pi * hertz * n / RATE) for n, sample in enumerate(samples))
        return 2 * abs(at) ** 2 / (len(samples) * power) > HEARD

    def hears_something(self) -> bool:
        return any(abs(sample) > 1000 for sample in self.heard())
