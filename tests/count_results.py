"""Counts the tests in folders of JUnit files, whoever wrote them: prints `passed failed`."""

import sys
import xml.etree.ElementTree as xml
from pathlib import Path

passed = failed = 0
for path in {path for folder in sys.argv[1:] for path in Path(folder).glob("*.xml")}:
    for case in xml.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "notrun":
            failed += 1
        elif case.find("skipped") is None and case.get("status", "run") != "disabled":
            passed += 1
print(passed, failed)
