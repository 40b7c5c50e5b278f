"""The JVM's Kafka Streams as an oracle, where it is at hand: a folder with `oracle`, `fuzz.py` and `compare.py`."""
import importlib.util
import os
import pathlib
import queue
import random
import shutil
import sys
import threading

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77    # what Meson takes for "skipped"


def checkout_folders():
    """Beside this checkout, or beside the repository of which it is a worktree."""
    yield CHECKOUT.parent / "shared/oracle"
    yield CHECKOUT.parent.parent / "shared/oracle"


class Oracle:
    def __init__(self, folder):
        self.folder = folder
        self.fuzz = self._module("fuzz")
        self.compare = self._module("compare")
        self.command = f"{folder}/oracle -"

    def _module(self, name):
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        spec = importlib.util.spec_from_file_location(f"oracle_{name}", self.folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.dont_write_bytecode = before
        return module

    def scenario(self, seed, number):
        """What `fuzz.py --seed SEED` gives as its NUMBERth, but with the record cache in every third: its order shows seldom."""
        generator = self.fuzz.Generator(random.Random(f"{seed}/{number}"), 6, None, "any", False)
        scenario = generator.scenario(f"fuzz-{seed}-{number}")
        if random.Random(f"cache/{seed}/{number}").random() < 1 / 3:
            scenario["config"]["cache_bytes"] = 1_000_000
        return scenario


def find(folder=None):
    """The oracle, or why there is none."""
    if not shutil.which("java"):
        return None, "there is no Java here"
    given = folder or os.environ.get("CRYPTOSTREAM_ORACLE")
    for place in [pathlib.Path(given)] if given else checkout_folders():
        if all((place / name).is_file() for name in ("oracle", "fuzz.py", "compare.py")):
            oracle = Oracle(place.resolve())
            implementation = oracle.compare.Implementation(oracle.command)
            implementation.PATIENCE_S = 600     # it may have to build itself
            answer = implementation.run({"name": "first", "topology": {"sources": [], "ops": []}, "steps": []})
            implementation.stop()
            return (oracle, None) if answer.get("kafka_version") else (None, f"the oracle in {place} does not start")
    return None, "there is no oracle beside this checkout (see --oracle)"


class Answers:
    """What a command answers to scenarios, in order, a little ahead of whoever iterates."""

    def __init__(self, implementation, scenarios):
        self.implementation = implementation
        self.queue = queue.Queue(maxsize=64)
        self.ended = False
        self.thread = threading.Thread(target=self._work, args=(scenarios,), daemon=True)
        self.thread.start()

    def _work(self, scenarios):
        for scenario in scenarios:
            if self.ended:
                break
            try:
                self.queue.put(self.implementation.run(scenario))
            except Exception as error:      # to be raised where the answer is waited for
                self.queue.put(error)
                break
        self.implementation.stop()

    def __next__(self):
        answer = self.queue.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self):
        self.ended = True
        while self.thread.is_alive():
            try:
                self.queue.get(timeout=0.1)
            except queue.Empty:
                pass
