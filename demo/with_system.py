"""Runs a command beside a whole Everdial, which it finds in EVERDIAL_URL, EVERDIAL_USER and EVERDIAL_PASSWORD; files for the
servers' import folder go to EVERDIAL_IMPORT_FOLDER. Agents' phones are sip:ANYTHING@EVERDIAL_PHONES, and EVERDIAL_FAULTS is where
components can be killed (faults.py).

    python3 demo/with_system.py -- npm --prefix web run e2e
"""

import os
import signal
import subprocess
import sys

from faults import Faults
from system import System


def main() -> int:
    command = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    with System() as system:
        system.make_prompt("demo.wav", "Hello. This is a test call.")
        system.start_phones()
        environment = {"EVERDIAL_URL": system.urls[0], "EVERDIAL_USER": system.user, "EVERDIAL_PASSWORD": system.password,
                       "EVERDIAL_IMPORT_FOLDER": str(system.import_folder), "EVERDIAL_PHONES": f"127.0.0.1:{system.phones.port}",
                       "EVERDIAL_FAULTS": Faults(system).url}
        return subprocess.run(command, env={**os.environ, **environment}).returncode


if __name__ == "__main__":
    sys.exit(main())
