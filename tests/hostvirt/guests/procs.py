"""What the processes of a family see of each other in /proc.  Prints the same inside an isolate and outside."""
import ctypes, os, signal, subprocess, sys, time

STAT = "state ppid pgrp session".split()


def text(pid, name):
    try:
        with open("/proc/%d/%s" % (pid, name)) as f:
            return f.read()
    except OSError as e:
        return e.strerror


def stat(pid):
    """Name, the first fields, and when it started."""
    before, _, rest = text(pid, "stat").rpartition(")")
    fields = rest.split()
    return before.partition("(")[2], dict(zip(STAT, fields)), int(fields[19]), len(fields)


def until(true):
    for _ in range(2000):
        if true():
            return
        time.sleep(0.01)
    print("never")


def listed(pid):
    return str(pid) in os.listdir("/proc")


def status(pid):
    lines = dict(line.split(":\t", 1) for line in text(pid, "status").splitlines())
    return [lines["Name"], int(lines["Tgid"]) == pid, int(lines["Pid"]) == pid, int(lines["PPid"]) == os.getpid(),
            lines["State"][0] in "RSDTZ"]


def forked():
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None)
        os.setpgid(0, 0)
        libc.prctl(15, b"renamed child", 0, 0, 0)  # PR_SET_NAME
        parent = os.getppid()
        os.write(tell, b"%d" % (stat(parent)[0] == text(parent, "comm").strip() and listed(parent)))
        while True:
            signal.pause()
    print("the child sees its parent:", os.read(ready, 1), listed(pid))
    name, fields, start, count = stat(pid)
    print(name, int(fields["ppid"]) == os.getpid(), int(fields["pgrp"]) == pid,
          int(fields["session"]) == os.getsid(0), count)
    print("younger:", start >= stat(os.getpid())[2], start == stat(pid)[2])
    print(text(pid, "comm"), status(pid), text(pid, "cmdline") == text(os.getpid(), "cmdline"))
    print(os.readlink("/proc/%d/exe" % pid) == os.readlink("/proc/self/exe"))
    until(lambda: stat(pid)[1]["state"] == "S")
    os.kill(pid, signal.SIGSTOP)
    until(lambda: stat(pid)[1]["state"] == "T")
    os.kill(pid, signal.SIGCONT)
    until(lambda: stat(pid)[1]["state"] == "S")
    os.kill(pid, signal.SIGKILL)
    until(lambda: stat(pid)[1]["state"] == "Z")
    print("a zombie:", stat(pid)[0], repr(text(pid, "cmdline")), status(pid), listed(pid))
    os.waitpid(pid, 0)
    print("gone:", listed(pid), os.path.exists("/proc/%d" % pid), text(pid, "stat"))


def programs():
    p = subprocess.Popen(["sleep", "1000"])
    until(lambda: text(p.pid, "cmdline").startswith("sleep") and stat(p.pid)[0] == "sleep")
    print(repr(text(p.pid, "cmdline")), text(p.pid, "comm"), stat(p.pid)[0], os.readlink("/proc/%d/exe" % p.pid))
    own = str(os.getpid())
    run = lambda *words: subprocess.run(words, capture_output=True, text=True).stdout.split()
    print(run("pgrep", "-P", own, "sleep") == [str(p.pid)], run("pgrep", "-P", own, "-f", "sleep 100.") == [str(p.pid)])
    print(run("ps", "-o", "ppid=,args=", "-p", str(p.pid)) == [own, "sleep", "1000"])
    print([line.split()[-2:] for line in subprocess.run(["busybox", "ps"], capture_output=True, text=True)
           .stdout.splitlines() if line.split()[0] == str(p.pid)])
    p.terminate()
    p.wait()
    print(run("pgrep", "-P", own, "sleep"))


def long_arguments():
    p = subprocess.Popen(["sh", "-c", "read x", "x" * 3000, "last"], stdin=subprocess.PIPE)
    until(lambda: text(p.pid, "cmdline").endswith("x\0last\0"))
    print(text(p.pid, "cmdline").split("\0")[:3], len(text(p.pid, "cmdline")))
    p.communicate(b"\n")


def by_proc():
    """Another's folder: its own files and nothing that changes anything."""
    own = set(os.listdir("/proc/self"))
    print({"stat", "status", "cmdline", "comm", "exe"} <= own, os.stat("/proc/%d" % os.getpid()).st_uid == os.getuid())
    print(os.path.isdir("/proc/%d" % os.getpid()), os.path.exists("/proc/999999999"), os.path.exists("/proc/01"))


for test in forked, programs, long_arguments, by_proc:
    print("--", test.__name__)
    test()
    sys.stdout.flush()
