"""The rules of ARCHITECTURE.md and STYLE.md that no compiler checks. Problems fail; hints (sizes) only tell. Run as ./dev tidy."""

import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
COMPONENTS = {"list_manager", "campaign_director", "campaign_manager", "rule_engine", "application_server", "mpp", "load_monitor",
              "agent_manager", "agent_sdk", "event_relay", "dashboard", "server"}
LADDER = {  # folder of src/ -> folders it may include, beside itself
    "base": set(),
    "model": {"base"},
    "runtime": {"base", "model", "ha"},
    "ha": {"base", "model", "runtime"},
    "sip": {"base", "model"},
    "media": {"base", "model"},
    "ctl": {"base", "model", "runtime"},  # of runtime the HTTP client, which stands on base alone
    **{component: {"base", "model", "ha", "runtime"} for component in COMPONENTS},
}
LADDER["mpp"] |= {"sip", "media"}
MACHINE = re.compile(r"_(machine|types)\.(h|cc)$")
MACHINES_MAY = {"base", "model"}

# What only some files may include: (what, the files that may, why)
GUARDED = [
    (re.compile(r"<(libpq-fe|postgresql/.*)\.h>"), re.compile(r"^src/runtime/pg\.cc$"), "libpq stays behind runtime/pg.h"),
    (re.compile(r'"runtime/pg\.h"'), re.compile(r"_pg(_test)?\.(h|cc)$|^src/(runtime|main|dashboard)/|_test\.cc$|^bench/"),
     "the database stays in *_store_pg"),
    (re.compile(r"\.pb\.h[\">]|<(grpc|google/protobuf)"), re.compile(r"[_/]rpc(_\w+)?\.(h|cc)$"), "protobuf stays in *_rpc"),
    (re.compile(r"<sofia-sip/"), re.compile(r"^src/sip/"), "sofia stays in src/sip"),
    (re.compile(r"<boost/"),
     re.compile(r"^src/(runtime|dashboard|ctl|main|server|agent_sdk)/.*\.cc$|^src/dashboard/.*\.h$|^bench/(agent_robots|robot_wire)\.cc$"),
     "Boost stays out of headers and machines"),
]
FORBIDDEN_FOLDERS = {"common", "utils", "util", "core", "helpers", "framework", "misc"}
# Registries and machines have no place in the tree; spelled so that this file does not name them.
OUTSIDE = re.compile(r"\b(registry|deb|snapshot|security|files|repo1?|pypi)\.(npmjs|debian|pythonhosted|maven)\.(org|com)"
                     r"|(?<![\w.])/(work|root|home)/\w")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
LINK = re.compile(r"\]\(([^)#:\s]+)(#[^)]*)?\)")
LONG_FILE, LONG_FUNCTION, LONG_LINE = 600, 70, 140

problems, hints = [], []


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=TOP, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [name for name in listed.split("\0") if name and (TOP / name).is_file()]


def check_text(name: str, lines: list[str]):
    generated = name.endswith(("package-lock.json", "LICENSE")) or "generated" in name
    for number, line in enumerate(lines, 1):
        at = f"{name}:{number}"
        if line != line.rstrip():
            problems.append(f"{at}: space at the end of the line")
        if OUTSIDE.search(line):
            problems.append(f"{at}: names a registry's host or a path of one machine")
        if UNFINISHED.search(line):
            problems.append(f"{at}: unfinished work belongs into an issue")
        if not generated and len(line) > LONG_LINE and name.endswith((".h", ".cc", ".py", ".proto", ".cmake")):
            problems.append(f"{at}: {len(line)} columns, at most {LONG_LINE}")


def check_code(name: str, lines: list[str]):
    parts = Path(name).parts
    folder = parts[1] if parts[0] == "src" and len(parts) > 2 else None
    may = LADDER.get(folder)
    started = None
    for number, line in enumerate(lines, 1):
        if line.startswith("#include"):
            for what, where, why in GUARDED:
                if what.search(line) and not where.search(name):
                    problems.append(f"{name}:{number}: {why}")
            included = re.match(r'#include "(\w+)/', line)
            if included and may is not None and not name.endswith("_test.cc"):
                wanted = included[1]
                if wanted not in (folder, "proto") and wanted not in (MACHINES_MAY if MACHINE.search(name) else may):
                    problems.append(f"{name}:{number}: {folder} may not include {wanted}")
        if line[:1].isalpha() and line.endswith("{") and "(" in line and not line.startswith(("namespace", "struct", "class", "enum")):
            started = number
        elif line == "}" and started:
            if number - started > LONG_FUNCTION:
                hints.append(f"{name}:{started}: a function of {number - started} lines")
            started = None
    if len(lines) > LONG_FILE:
        hints.append(f"{name}: {len(lines)} lines")
    if name.endswith(".h") and "#pragma once" not in lines:
        problems.append(f"{name}: no #pragma once")


def check_links(name: str, text: str):
    for target, _ in LINK.findall(text):
        if not (TOP / name).parent.joinpath(target).exists():
            problems.append(f"{name}: links to {target}, which is not there")


def check_format(code: list[str]):
    out = subprocess.run(["clang-format", "--dry-run", *code], cwd=TOP, stderr=subprocess.PIPE, text=True).stderr
    for name in sorted({match[1] for match in re.finditer(r"^(\S+?):\d+:\d+: warning: code should be clang-formatted", out, re.M)}):
        problems.append(f"{name}: not formatted: ./dev fmt")


def main() -> int:
    names = tracked()
    for folder in {part for name in names for part in Path(name).parts[:-1]} & FORBIDDEN_FOLDERS:
        problems.append(f"{folder}: a folder's name must say what is in it")
    for name in names:
        if name.startswith("tests/fuzz/seeds/"):
            continue  # odd on purpose
        try:
            text = (TOP / name).read_text()
        except UnicodeDecodeError:
            continue  # a picture or a sound
        lines = text.splitlines()
        if text and not text.endswith("\n"):
            problems.append(f"{name}: no line end at its end")
        check_text(name, lines)
        if name.endswith((".h", ".cc")):
            check_code(name, lines)
        if name.endswith(".md"):
            check_links(name, text)
    check_format([name for name in names if name.endswith((".h", ".cc"))])
    for hint in sorted(hints):
        print("hint:", hint)
    for problem in sorted(problems):
        print(problem)
    print(f"tidy: {len(names)} files, {len(problems)} problems, {len(hints)} hints")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
