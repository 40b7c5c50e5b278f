"""What the tests of the tool share: the program in a folder of its own, a scripted CoinCap, a throw-away PostgreSQL, and named cases."""
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

PROGRAM = os.path.abspath(sys.argv[1])
CASES = []


def case(function):
    """A test: its docstring says what holds."""
    CASES.append(function)
    return function


def until(what, check, patience=30.0):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        result = check()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited {patience} s in vain for {what}")


class Home:
    """A folder that is the whole world of the program: home, data, current folder."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="cryptostream-tool-", dir="/tmp"))
        self.path.chmod(0o755)
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("CRYPTOSTREAM_", "XDG_", "PG"))}
        self.env.update(HOME=str(self.path), NO_COLOR="1")
        self.log = self.path / ".local/share/cryptostream/log.db"

    def run(self, *words, code=0, timeout=60, **env):
        done = subprocess.run([PROGRAM, *words], cwd=self.path, env={**self.env, **env}, capture_output=True, text=True, timeout=timeout, check=False)
        assert done.returncode == code, f"`{' '.join(words)}` ended with {done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
        return done

    def start(self, *words, **env):
        return subprocess.Popen([PROGRAM, *words], cwd=self.path, env={**self.env, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def records(self, topic="quotes"):
        tail = self.run("topic", "tail", topic, "-o", "beginning", "-e")
        return [json.loads(line) for line in tail.stdout.splitlines()]


class CoinCap:
    """Serves recorded rows under a key, newer with each answer."""

    KEY = "a-secret-key"

    def __init__(self, recorded):
        rows = json.load(open(recorded, encoding="utf-8"))
        outer = self
        self.polls = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get("Authorization") != "Bearer " + CoinCap.KEY:
                    self.send_error(401)
                    return
                outer.polls += 1
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                ids, search = query.get("ids", [""])[0].split(","), query.get("search", [""])[0].lower()
                found = [row for row in rows if (row["id"] in ids or ids == [""]) and (not search or search in (row["id"], row["symbol"].lower()))]
                body = json.dumps({"data": found, "timestamp": 1700000000000 + outer.polls}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.prices = {row["symbol"]: row["priceUsd"] for row in rows}

    def env(self, home):
        key = home.path / "coincap-key"
        key.write_text(self.KEY + "\n")
        key.chmod(0o600)
        return dict(CRYPTOSTREAM_COINCAP_URL=f"http://127.0.0.1:{self.server.server_port}", CRYPTOSTREAM_COINCAP_KEY_FILE=str(key))


class Postgres:
    def __init__(self, pg_up):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="cryptostream-pg-", dir="/tmp"))
        self.path.chmod(0o755)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.command = [os.path.abspath(pg_up), str(self.path / "pg"), str(port)]
        self.env = dict(PGHOST=str(self.path / "pg"), PGPORT=str(port), PGUSER="cs", PGDATABASE="postgres")
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("PostgreSQL", lambda: self.query("select 1") == "1", 60)

    def query(self, sql):
        done = subprocess.run(["psql", "-XAtqc", sql], env={**os.environ, **self.env}, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        shutil.rmtree(self.path, ignore_errors=True)


def end(process, sent=signal.SIGTERM, code=0):
    """Stops a program once it catches signals, and returns what it said."""
    def catches():
        if process.poll() is not None:
            return True
        caught = next(line for line in open(f"/proc/{process.pid}/status", encoding="utf-8") if line.startswith("SigCgt"))
        return int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1
    until("a signal handler", catches)
    process.send_signal(sent)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, f"ended with {process.returncode}, not {code}:\n{out}{err}"
    return out, err


def main():
    failed = 0
    for test in CASES:
        home = Home()
        try:
            test(home)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED: {test.__doc__}\n{traceback.format_exc()}", flush=True)
        finally:
            shutil.rmtree(home.path, ignore_errors=True)
    print(f"[doctest] test cases: {len(CASES)} | {len(CASES) - failed} passed | {failed} failed | 0 skipped")
    sys.exit(1 if failed else 0)
