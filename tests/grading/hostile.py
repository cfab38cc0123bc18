"""Answers that mean harm, or are out of luck: code that follows a module.

In all of them `right` is the right function, and `redact` the one that is
checked. `BREAKERS` must get no marks; `PROBES` answer rightly and print what
they found where nothing should be; the `UNLUCKY` are right.
"""

BREAKERS = {
    "an endless loop": """
def redact(text, secrets=None):
    while True:
        pass
""",
    "a loop that swallows every exception": """
def redact(text, secrets=None):
    import signal
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except Exception:
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
    "an exit": """
import sys
def redact(text, secrets=None):
    sys.exit(0)
""",
    "an exit at import": """
raise SystemExit(0)
""",
    "an exit of the system's own": """
import os
def redact(text, secrets=None):
    os._exit(0)
""",
    "a recursion without end": """
import sys
sys.setrecursionlimit(10**9)
def redact(text, secrets=None):
    return redact(redact(text))
""",
    "a crash": """
import ctypes
def redact(text, secrets=None):
    return ctypes.string_at(0)
""",
    "memory": """
def redact(text, secrets=None):
    kept = []
    while True:
        kept.append(bytearray(50_000_000))
""",
    "memory of many processes": """
import os, time
def redact(text, secrets=None):
    for _ in range(20):
        if os.fork() == 0:
            kept = [b"x" * 30_000_000 for _ in range(10)]
            time.sleep(60)
    time.sleep(60)
""",
    "a fork bomb": """
import os
def redact(text, secrets=None):
    while True:
        try:
            os.fork()
        except BaseException:
            pass
""",
    "programs without end": """
import subprocess, sys
def redact(text, secrets=None):
    kept = []
    while True:
        try:
            kept.append(subprocess.Popen([sys.executable, "-c", "input()"]))
        except BaseException:
            pass
""",
    "threads without end": """
import threading, time
def redact(text, secrets=None):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,)).start()
        except BaseException:
            pass
""",
    "a GB of output": """
def redact(text, secrets=None):
    for _ in range(1_000):
        print("x" * 1_000_000)
""",
    "a GB of error output": """
import os
def redact(text, secrets=None):
    for _ in range(1_000):
        os.write(2, b"x" * 1_000_000)
""",
    "an object that equals everything": """
class Anything:
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __hash__(self):
        return 0
    def __contains__(self, item):
        return True
    def __getattr__(self, name):
        return self
    def __call__(self, *args, **kwargs):
        return self
    def __repr__(self):
        return "'Bad key [redacted].'"
def redact(text, secrets=None):
    return Anything()
""",
    "an object that says it is a text": """
class Anything:
    __class__ = str
    def __eq__(self, other):
        return True
def redact(text, secrets=None):
    return Anything()
""",
    "a text that equals everything": """
class Anything(str):
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 0
    def __str__(self):
        return "[redacted]"
def redact(text, secrets=None):
    return Anything("[redacted]")
""",
    "a class whose objects all are equal": """
class Meta(type):
    def __instancecheck__(cls, other):
        return True
    def __eq__(cls, other):
        return True
    def __hash__(cls):
        return 0
class Anything(metaclass=Meta):
    pass
def redact(text, secrets=None):
    return Anything
""",
    "patched builtins": """
import builtins
builtins.isinstance = lambda *_: True
builtins.len = lambda *_: 1
builtins.all = builtins.any = lambda *_: True
builtins.AssertionError = type("Nothing", (Exception,), {})
def redact(text, secrets=None):
    return "nothing"
""",
    "a patched json": """
import json
was = json.dumps
json.dumps = lambda value, **options: was(value, **options).replace(
    '"nothing"', '"[redacted]"')
json.loads = lambda text: {"id": 1, "lane": 0, "ok": True}
def redact(text, secrets=None):
    return "nothing"
""",
    "a patched pytest": """
import _pytest.runner, _pytest.python, pytest
pytest.main = lambda *args, **options: 0
_pytest.runner.call_and_report = lambda *args, **options: None
_pytest.python.Function.runtest = lambda self: None
def redact(text, secrets=None):
    return "nothing"
""",
    "an exception that skips a test": """
import unittest
def redact(text, secrets=None):
    raise unittest.SkipTest("not today")
""",
    "pytest's own exception": """
import pytest
def redact(text, secrets=None):
    pytest.skip("not today")
""",
    "pytest's exit": """
import pytest
def redact(text, secrets=None):
    pytest.exit("enough", returncode=0)
""",
    "an interrupt": """
def redact(text, secrets=None):
    raise KeyboardInterrupt
""",
    "an exception group of exits": """
def redact(text, secrets=None):
    raise BaseExceptionGroup("all", [SystemExit(0), KeyboardInterrupt()])
""",
    "an exception that cannot be shown": """
class Odd(Exception):
    def __str__(self):
        raise SystemExit
    __repr__ = __str__
def redact(text, secrets=None):
    raise Odd
""",
    "a reply in the checker's name": """
import gc, json, os, socket
def redact(text, secrets=None):
    verdict = {"status": "passed", "exercise": "1.2", "expectations": [],
        "failure": None, "hint": "", "printed": "", "waits_for": "",
        "mine": [1, 1], "failures": []}
    for found in gc.get_objects():
        if isinstance(found, socket.socket):
            for number in range(300):
                frame = {"id": number, "lane": 0, "ok": "[redacted]",
                    "verdict": verdict, "outcome": "passed", "blanks": []}
                body = json.dumps(frame).encode()
                try:
                    found.send(len(body).to_bytes(4, "big") + body)
                except OSError:
                    pass
    os._exit(0)
""",
    "verdicts written everywhere": """
import json, os
LINE = json.dumps({"id": 1, "verdict": {"status": "passed"}}).encode()
def redact(text, secrets=None):
    for fd in range(200):
        try:
            os.write(fd, LINE + b"\\n")
        except OSError:
            pass
    return "nothing"
""",
    "all files closed": """
import os
def redact(text, secrets=None):
    os.closerange(0, 1000)
    return "[redacted]"
""",
    "the parent killed": """
import os, signal
def redact(text, secrets=None):
    for pid in (os.getppid(), 1, -1, 0):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    return "nothing"
""",
    "itself stopped": """
import os, signal
def redact(text, secrets=None):
    os.kill(os.getpid(), signal.SIGSTOP)
""",
    "the first process troubled": """
import os, resource, signal
def redact(text, secrets=None):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGSEGV,
                   signal.SIGSTOP, signal.SIGXCPU, signal.SIGPIPE):
        os.kill(1, number)
    try:
        resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))
    except OSError:
        pass
    return "nothing"
""",
    "a value that contains itself": """
def redact(text, secrets=None):
    found = []
    found.append(found)
    return found
""",
    "a value too deep": """
def redact(text, secrets=None):
    found = []
    for _ in range(100_000):
        found = [found]
    return found
""",
    "a value too large": """
def redact(text, secrets=None):
    return "x" * 100_000_000
""",
    "a number too large": """
def redact(text, secrets=None):
    return 1 << 50_000_000
""",
    "frames of a million parts": """
import gc, json, socket
def redact(text, secrets=None):
    body = b'{"id":1,"lane":0,"ok":[' + b"[],"*6_000_000 + b"[]]}"
    for found in gc.get_objects():
        if isinstance(found, socket.socket):
            try:
                found.sendall(len(body).to_bytes(4, "big") + body)
            except OSError:
                pass
    return "nothing"
""",
    "an iterator without end": """
def redact(text, secrets=None):
    def found():
        while True:
            yield "[redacted]"
    return found()
""",
    "the workspace deleted": """
import os, shutil
def redact(text, secrets=None):
    here = os.path.dirname(os.path.dirname(__file__))
    shutil.rmtree(here, ignore_errors=True)
    shutil.rmtree("/", ignore_errors=True)
    return "nothing"
""",
    "a full disk": """
import os
def redact(text, secrets=None):
    for folder in ("/scratch", "/dev/shm", "/submission", "/"):
        try:
            for number in range(10_000):
                with open(f"{folder}/{number}", "wb") as file:
                    file.write(b"x" * 15_000_000)
        except OSError:
            pass
    return "nothing"
""",
    "too many files": """
def redact(text, secrets=None):
    kept = []
    while True:
        kept.append(open("/dev/null"))
""",
    "every file taken by pipes": """
import os
def redact(text, secrets=None):
    global kept
    kept = [os.pipe() for _ in range(250)]
    try:
        while True:
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return "nothing"
""",
    "a package that answers to every name": """
import sys, types
class Everything(types.ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: "[redacted]"
for name in list(sys.modules):
    if name.startswith("llm_providers"):
        sys.modules[name] = Everything(name)
""",
    "syntax that is none": """
def redact(text, secrets=None
""",
    "brackets without end": """
x = %s
""" % ("(" * 500 + ")" * 500),
}

# Each prints FOUND before what it found, and LOOKED at the end.
PROBES = {
    "files that hold answers": """
import os, sys
def look():
    system = ("/proc", "/sys", "/submission", "/usr", "/lib", "/bin",
              "/sbin", sys.base_prefix, sys.prefix)
    for top, folders, files in os.walk("/"):
        folders[:] = [name for name in folders
                      if not os.path.join(top, name).startswith(system)]
        for file in files:
            if file.endswith((".py", ".md", ".ipynb", ".yaml", ".csv")):
                print("FOUND", os.path.join(top, file))
    for folder in filter(os.path.isdir, sys.path):
        for name in ("llm_providers", "course", "release"):
            place = os.path.join(folder, name)
            if folder != "/submission" and os.path.isdir(place):
                if os.listdir(place):
                    print("FOUND", place)
    for place in ("tests", "solutions", "course", "progress.json", ".env"):
        if os.path.exists("/submission/" + place):
            print("FOUND", place)
    print("LOOKED")
look()
redact = right
""",
    "files that can be written": """
import os
def look():
    for top, folders, files in os.walk("/"):
        if top.startswith(("/proc", "/scratch", "/dev/shm")):
            folders[:] = []
            continue
        if top.count("/") > 2 and not top.startswith("/submission"):
            folders[:] = []
        try:
            with open(os.path.join(top, "mark"), "w") as file:
                file.write("100")
            print("FOUND", top)
        except OSError:
            pass
    for file in ("/submission/llm_providers/quality.py", __file__):
        for act in (os.unlink, lambda name: os.chmod(name, 0o777)):
            try:
                act(file)
                print("FOUND", file)
            except OSError:
                pass
    print("LOOKED")
look()
redact = right
""",
    "answers in memory": """
import gc, inspect, sys
def redact(text, secrets=None):
    words = ("Bad key K3yW1t" + "houtPrefix", "[redacted], " + "again")
    for found in gc.get_objects():
        if isinstance(found, dict):
            for value in list(found.values()):
                if isinstance(value, str) and words[1] in value:
                    print("FOUND", value[:50])
    for name in sys.modules:
        if name.startswith(("course", "tests", "conftest")):
            print("FOUND", name)
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if type(value) is str and words[1] in value and value is not text:
                print("FOUND", value[:50])
        frame = frame.f_back
    print("LOOKED")
    return right(text, secrets)
""",
    "the environment": """
import os
def redact(text, secrets=None):
    wanted = ("KEY", "TOKEN", "SECRET", "LOGNAME", "COURSE", "GIT", "LEARNER")
    for name in os.environ:
        if any(word in name for word in wanted):
            print("FOUND", name)
    home = os.environ["HOME"]
    if home != "/scratch" or os.listdir(home):
        print("FOUND", home, os.listdir(home))
    print("LOOKED")
    return right(text, secrets)
""",
    "a way out by the network": """
import socket
def redact(text, secrets=None):
    for address in (("192.0.2.1", 80), ("127.0.0.1", PORT), ("8.8.8.8", 53)):
        made = socket.socket()
        made.settimeout(0.2)
        try:
            import _socket
            if made.connect_ex(address) == 0:
                print("FOUND", address)
        except OSError:
            pass
        made.close()
    print("LOOKED")
    return right(text, secrets)
""",
    "other processes": """
import os
def redact(text, secrets=None):
    found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    if set(found) - {1, os.getpid()}:
        print("FOUND", found)
    for name in ("mem", "environ", "fd", "root", "cwd", "maps"):
        try:
            place = "/proc/1/" + name
            os.listdir(place) if os.path.isdir(place) else open(place).read(1)
            print("FOUND", name)
        except OSError:
            pass
    print("LOOKED")
    return right(text, secrets)
""",
    "a way out of the room": """
import ctypes, os
def redact(text, secrets=None):
    libc = ctypes.CDLL(None, use_errno=True)
    calls = {
        "unshare": libc.unshare(0x10000000),
        "mount": libc.mount(b"none", b"/scratch", b"tmpfs", 0, None),
        "umount": libc.umount2(b"/stage", 2),
        "ptrace": libc.ptrace(16, 1, 0, 0),
        "setns": libc.setns(0, 0),
        "chroot": libc.chroot(b"/scratch"),
        "setuid": libc.setuid(0),
        "memfd": libc.syscall(319, b"x", 0),
        "bpf": libc.syscall(321, 0, 0, 0),
        "keys": libc.syscall(248, b"user", b"a", b"b", 1, -3),
        "uring": libc.syscall(425, 1, 0),
        "clone": libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0),
    }
    if calls["clone"] == 0:
        os._exit(0)
    for name, result in calls.items():
        if result >= 0:
            print("FOUND", name, result)
    if os.path.exists("/stage/place1") or os.path.exists("/kit/checking"):
        print("FOUND the stage")
    print("LOOKED")
    return right(text, secrets)
""",
    "limits that can be raised": """
import resource
def redact(text, secrets=None):
    for which in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE,
                  resource.RLIMIT_NPROC, resource.RLIMIT_CPU):
        try:
            resource.setrlimit(which, (resource.RLIM_INFINITY,) * 2)
            print("FOUND", which)
        except (OSError, ValueError):
            pass
    print("LOOKED")
    return right(text, secrets)
""",
}

UNLUCKY = {
    "noise on every stream": """
import os, sys
def redact(text, secrets=None):
    os.write(1, bytes(range(256)))
    os.write(2, b"\\xff\\xfe\\x00 noise")
    print("caf\\udce9", file=sys.stderr)
    return right(text, secrets)
""",
    "warnings and exceptions that are nobody's": """
import threading, warnings
def redact(text, secrets=None):
    warnings.warn("careful")
    threading.Thread(target=lambda: 1 / 0).start()
    return right(text, secrets)
""",
    "a process left behind": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("/scratch/x", "w").close()
        while True:
            for pid in range(2, 400):
                if pid != os.getpid():
                    try:
                        os.kill(pid, 0)
                    except OSError:
                        pass
            time.sleep(0.01)
    os._exit(0)
def redact(text, secrets=None):
    return right(text, secrets)
""",
    "a text of its own kind": """
class Text(str):
    pass
def redact(text, secrets=None):
    return Text(right(text, secrets))
""",
}
