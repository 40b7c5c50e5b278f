"""What runs of seeded faults share: a list of faults, each a text that stands in its file once and what it becomes, and a copy of the tree that has one at a time."""
import hashlib
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Only what is needed, and no optimisation: it is built for each fault.
SETUP = ["-Doptimization=0", "-Dwerror=false", "-Dpostgres=disabled", "-Dkafka=disabled", "-Dsources=disabled", "-Dtool=disabled"]


def occurrences(fault):
    path = ROOT / fault["file"]
    return path.read_text().count(fault["old"]) if path.is_file() else 0


def check(faults):
    stale = [name for name, fault in faults.items() if occurrences(fault) != 1 or fault["old"] == fault["new"]]
    for name in stale:
        print(f"{name}: its text stands {occurrences(faults[name])} times in {faults[name]['file']}, and not once")
    print(f"[doctest] test cases: {len(faults)} | {len(faults) - len(stale)} passed | {len(stale)} failed | 0 skipped")
    return 1 if stale else 0


class Known:
    """What was found out about this very tree, so that a run goes on where one was interrupted."""

    def __init__(self, path, judge, *parts):
        listed = subprocess.run(["git", "ls-files", "lib", judge], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        self.digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in listed) + json.dumps(parts).encode()).hexdigest()[:16]
        self.path = path
        self.facts = json.loads(path.read_text()) if path.is_file() else {}

    def get(self, what, find):
        key = f"{self.digest} {hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]}"
        if key not in self.facts:
            self.facts[key] = find()
            self.path.write_text(json.dumps(self.facts))
        return self.facts[key]


class Tree:
    """A copy of the tree in which one file at a time has a fault."""

    def __init__(self, folder, target):
        self.target = target
        self.folder, self.build = folder / "tree", folder / "build"
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
        self.contents = {name: (ROOT / name).read_bytes() for name in listed}    # what changes there meanwhile does not matter
        for name, content in self.contents.items():
            self.bring(name, content)
        for name in listed:
            if os.access(ROOT / name, os.X_OK):
                (self.folder / name).chmod(0o755)
        if not (self.build / "build.ninja").is_file():
            subprocess.run(["meson", "setup", str(self.build), str(self.folder), *SETUP], check=True, stdout=subprocess.DEVNULL)
        self.faulty = None

    def bring(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)

    def put(self, fault):
        """Builds with this fault alone (None: without any). False if it does not build."""
        if self.faulty:
            self.bring(self.faulty, self.contents[self.faulty])
        self.faulty = fault and fault["file"]
        if fault:
            self.bring(fault["file"], self.contents[fault["file"]].replace(fault["old"].encode(), fault["new"].encode()))
        built = subprocess.run(["ninja", "-C", str(self.build), "--quiet", self.target], capture_output=True, text=True,
                               env={**os.environ, "CCACHE_BASEDIR": str(self.folder.parent)})
        if built.returncode:
            print(built.stdout[-2000:])
        return built.returncode == 0

    @property
    def program(self):
        return self.build / self.target


def report(page, marker, text):
    """Puts the text between the marker's two lines of the page."""
    page.write_text(re.sub(rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)", lambda match: match[1] + text + match[2], page.read_text(), flags=re.S))
