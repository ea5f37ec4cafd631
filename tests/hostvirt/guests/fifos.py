"""FIFOs between the processes of a family: opening waits for the other side, ends are told, signals interrupt.  Prints
the same inside an isolate and outside."""
import errno, os, select, signal, sys, time

SIDE = {os.O_RDONLY: "reader", os.O_WRONLY: "writer"}


def new():
    if os.path.exists("fifo"):
        os.unlink("fifo")
    os.mkfifo("fifo", 0o640)
    return "fifo"


def child(what):
    """Runs `what` in a process of its own."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = what() or 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    return pid


def ended(pid):
    status = os.waitpid(pid, 0)[1]
    print("child:", "signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def error(call, *arguments):
    try:
        return call(*arguments)
    except OSError as e:
        return errno.errorcode[e.errno]


def put(data):
    fd = os.open("fifo", os.O_WRONLY)
    os.write(fd, data)
    os.close(fd)


def opening(flags):
    """The child opens one side and tells so through a pipe: not before the other side is there."""
    new()
    told, tell = os.pipe()
    ready, at_it = os.pipe()

    def open_and_tell():
        os.write(at_it, b"a")
        fd = os.open("fifo", flags)
        os.write(tell, b"o")
        os.close(fd)

    pid = child(open_and_tell)
    os.read(ready, 1)
    early = select.select([told], [], [], 0.2)[0]
    other = os.open("fifo", os.O_WRONLY if flags == os.O_RDONLY else os.O_RDONLY)
    print(SIDE[flags], "waited:", not early, os.read(told, 1))
    ended(pid)
    os.close(other)


def siblings():
    new()

    def take():
        with open("fifo", "rb") as f:
            data = f.read()
        print(len(data), sum(data) % 251)

    reader = child(take)
    writer = child(lambda: put(bytes(range(256)) * 2000))
    ended(writer)
    ended(reader)


def not_waiting():
    new()
    print("nobody reads:", error(os.open, "fifo", os.O_WRONLY | os.O_NONBLOCK))
    r = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    print("nobody writes:", os.read(r, 1))
    w = os.open("fifo", os.O_WRONLY | os.O_NONBLOCK)
    print("nothing there:", error(os.read, r, 1))
    print("filled:", error(os.write, w, bytes(1 << 20)) in (65536, 4096), error(os.write, w, b"x"))
    os.close(w)
    os.close(r)


def broken():
    new()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    w = os.open("fifo", os.O_RDWR)
    r = os.open("fifo", os.O_RDONLY)
    only = os.open("fifo", os.O_WRONLY)
    os.close(w)
    pid = child(lambda: os.close(r))
    ended(pid)
    print("the parent reads still:", error(os.write, only, b"x"))
    os.close(r)
    print("nobody does:", error(os.write, only, b"x"))

    def killed():
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.write(only, b"x")

    ended(child(killed))
    os.close(only)


def polling():
    new()
    r = os.open("fifo", os.O_RDONLY | os.O_NONBLOCK)
    p = select.poll()
    p.register(r, select.POLLIN)
    e = select.epoll()
    e.register(r, select.EPOLLIN)
    print("before:", p.poll(0), len(e.poll(0)))
    go, gone = os.pipe()

    def write_and_wait():
        fd = os.open("fifo", os.O_WRONLY)
        os.write(fd, b"polled")
        os.read(go, 1)

    pid = child(write_and_wait)
    print("data:", [v for _, v in p.poll(20000)], [v for _, v in e.poll(20)], os.read(r, 9))
    print("written:", p.poll(0))
    os.write(gone, b"g")
    print("end:", [v for _, v in p.poll(20000)], [v for _, v in e.poll(20)], os.read(r, 1))
    ended(pid)


def interrupted():
    """A signal wakes who waits for the other side; a killed one leaves no trace."""
    new()
    told, tell = os.pipe()

    class Woken(Exception):
        pass

    def wake(*_):
        raise Woken

    def wait():
        signal.signal(signal.SIGUSR1, wake)
        os.write(tell, b"w")
        try:
            os.open("fifo", os.O_RDONLY)
        except Woken:
            return 3

    for number in signal.SIGUSR1, signal.SIGKILL:
        pid = child(wait)
        os.read(told, 1)
        time.sleep(0.2)
        os.kill(pid, number)
        ended(pid)
    print("nobody reads:", error(os.open, "fifo", os.O_WRONLY | os.O_NONBLOCK))


def programs():
    """Programs started in between, as shells do it."""
    new()
    print(os.popen("(echo one; echo two) > fifo & tr a-z A-Z < fifo; wait").read().split())
    print("%o %s" % (os.stat("fifo").st_mode, error(os.mkfifo, "fifo")))
    os.unlink("fifo")


for side in SIDE:
    opening(side)
for test in siblings, not_waiting, broken, polling, interrupted, programs:
    print("--", test.__name__)
    test()
    sys.stdout.flush()
