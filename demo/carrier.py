"""The demo's carrier: SIPp with carrier.xml, the sounds its callees make, and the log of what it saw."""

import os
import struct
import subprocess
from pathlib import Path

DEMO_SCENARIO = Path(__file__).resolve().parent / "carrier.xml"
PHONES_SCENARIO = Path(__file__).resolve().parent / "phones.xml"
VOICE = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
SOUNDS_LAST_S = 30


def spawn(command: list, log, output=None, **options) -> subprocess.Popen:
    """Starts a process that Ctrl-C on our terminal does not reach, and that does not outlive us, however we end."""
    out = log if output is None else output
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *command], stdout=out, stderr=log, start_new_session=True, **options)


class Carrier:
    def __init__(self, directory: Path, port: int, rtp_port: int, scenario: Path = DEMO_SCENARIO, host: str = "127.0.0.1"):
        self.directory, self.port, self.rtp_port, self.scenario, self.host = directory, port, rtp_port, scenario, host
        self.log = directory / "carrier.log"
        self.process = None

    def prepare(self) -> list[str]:
        """Makes what it needs, and returns the command that runs it in its directory."""
        self.directory.mkdir(parents=True, exist_ok=True)
        make_callee_sounds(self.directory)
        command = ["sipp", "-sf", str(self.scenario), "-i", self.host, "-p", str(self.port)]
        command += ["-mi", self.host, "-mp", str(self.rtp_port)]
        command += ["-nostdin", "-trace_logs", "-log_file", str(self.log), "-trace_err", "-error_file", str(self.directory / "carrier.err")]
        # A loaded machine is no reason to stop: the watchdog may trip as often as it likes.
        command += ["-watchdog_minor_maxtriggers", "1000000", "-watchdog_major_maxtriggers", "1000000", "-buff_size", "8000000"]
        return command

    def start(self, *options: str):
        command = [*self.prepare(), *options]
        with open(self.directory / "carrier.out", "wb") as out:
            self.process = spawn(command, out, cwd=self.directory)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def can_play_packets() -> bool:
    """SIPp plays captured packets through a raw socket, which only root may open."""
    return os.geteuid() == 0


def sox(*arguments):
    subprocess.run(["sox", "-V1", *map(str, arguments)], check=True)


def make_callee_sounds(directory: Path):
    """What callees say, as raw G.711 mu-law, which SIPp sends as it is: a greeting, then a silent line."""
    to_line = ["-t", "ul", "-r", "8000", "-c", "1"]
    voice = [VOICE / "hello-world.wav"]
    sox(*voice, *to_line, directory / "person.ulaw", "pad", "0.3", SOUNDS_LAST_S)
    sox(VOICE / "vm-intro.wav", VOICE / "beep.wav", *to_line, directory / "machine.ulaw", "pad", "0.3", SOUNDS_LAST_S)
    sox("-n", *to_line, directory / "ringback.ulaw", "synth", "2", "sine", "440", "sine", "480", "gain", "-12")

    silence, nine = directory / "silence.wav", directory / "nine.wav"
    sox("-n", "-r", "8000", "-c", "1", silence, "trim", "0", "1.6")
    sox("-n", "-r", "8000", "-c", "1", nine, "synth", "0.2", "sine", "852", "sine", "1477", "gain", "-10", "remix", "-")
    greeting = directory / "greeting.wav"
    sox(*voice, "-r", "8000", "-c", "1", greeting, "pad", "0.3", "0")
    sox(greeting, silence, nine, *to_line, directory / "sounds_nine.ulaw", "pad", "0", SOUNDS_LAST_S)
    before = directory / "before_nine.ulaw"
    sox(greeting, silence, *to_line, before)
    (directory / "presses_nine.pcap").write_bytes(pcap_of(before.read_bytes(), digit=9))


def pcap_of(speech: bytes, digit: int) -> bytes:
    """A capture of one RTP stream: speech in PCMU, one key press as RFC 4733 events of payload type 101, then silence."""
    packets = []  # (second, payload type, marker, RTP time, payload)
    frames = [speech[i : i + 160].ljust(160, b"\xff") for i in range(0, len(speech), 160)]
    for frame in frames:
        packets.append((0, 0, frame))
    press = len(frames)
    for step in range(1, 11):  # 200 ms, a packet each 20 ms
        packets.append((press, 101, struct.pack("!BBH", digit, 10, step * 160)))
    for _ in range(3):  # the end is told three times
        packets.append((press, 101, struct.pack("!BBH", digit, 0x80 | 10, 1600)))
    packets += [(0, 0, b"\xff" * 160)] * (50 * SOUNDS_LAST_S)

    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    slot = 0  # of 20 ms; the repeated ends share the one of the last event
    for sequence, (started, payload_type, payload) in enumerate(packets):
        is_event = payload_type == 101
        timestamp = 160 * (started if is_event else slot)
        marker = 0x80 if is_event and packets[sequence - 1][1] != 101 else 0
        rtp = struct.pack("!BBHII", 0x80, marker | payload_type, sequence & 0xFFFF, timestamp, 0x0E5E) + payload
        udp = struct.pack("!HHHH", 4000, 4002, 8 + len(rtp), 0) + rtp
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        ethernet = b"\0" * 12 + b"\x08\0" + ip
        micros = slot * 20_000
        out.append(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(ethernet), len(ethernet)) + ethernet)
        repeats_end = is_event and payload[1] & 0x80 and packets[sequence + 1][1] == 101
        slot += 0 if repeats_end else 1
    return b"".join(out)
