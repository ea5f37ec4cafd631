# Abstract names of Unix sockets (unix(7)).  `abstract.py all` prints the same inside an isolate and outside;
# `serve NAME`, `ask NAME` and `stranger NAME` are parts of the tests of hostile guests.
import errno, os, re, socket, sys

UNIQUE = b'\0test-' + os.urandom(8).hex().encode()


def failing(call):
    try:
        print('no error:', call())
    except OSError as e:
        print(errno.errorcode[e.errno])


def bound(kind, name):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(name)
    return s


def streams(name):
    s = bound(socket.SOCK_STREAM, name)
    s.listen()
    print(s.getsockname() == name, len(name))
    failing(lambda: bound(socket.SOCK_STREAM, name))
    child = os.fork()
    if child == 0:
        s.close()
        c = bound(socket.SOCK_STREAM, b'')  # a name of the kernel's choice
        c.connect(name)
        c.send(c.getsockname() + (b' yes' if c.getpeername() == name else b' no'))
        c.recv(1)
        os._exit(0)
    a, peer = s.accept()
    got = a.recv(99)
    print(got == peer + b' yes', a.getpeername() == peer, a.getsockname() == name)
    a.close()
    os.waitpid(child, 0)
    s.close()
    failing(lambda: socket.socket(socket.AF_UNIX).connect(name))
    bound(socket.SOCK_STREAM, name).close()


def datagrams():
    a, b = bound(socket.SOCK_DGRAM, UNIQUE + b'/a'), bound(socket.SOCK_DGRAM, UNIQUE + b'/\0b')
    a.sendto(b'to b', UNIQUE + b'/\0b')
    data, peer = b.recvfrom(99)
    print(data, peer == a.getsockname())
    b.sendto(b'back', peer)
    data, _, _, peer = a.recvmsg(99)
    print(data, peer == b.getsockname())
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'of nobody', UNIQUE + b'/a')
    print(a.recvfrom(99))
    a.connect(UNIQUE + b'/\0b')
    print(a.getpeername() == b.getsockname())
    failing(lambda: a.sendto(b'x', UNIQUE + b'/c'))


def chosen():
    names = [bound(socket.SOCK_STREAM, b'') for _ in range(20)]
    print(all(re.fullmatch(rb'\0[0-9a-f]{5}', s.getsockname()) for s in names),
          len({s.getsockname() for s in names}))
    again = names[0].getsockname()
    names[0].bind(b'')
    print(names[0].getsockname() == again)
    names[0].listen()
    socket.socket(socket.AF_UNIX).connect(again)
    failing(lambda: names[0].bind(UNIQUE))


def rights():
    s = bound(socket.SOCK_STREAM, UNIQUE)
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect(UNIQUE)
    a, _ = s.accept()
    read, write = os.pipe()
    socket.send_fds(c, [b'x'], [write])
    os.write(socket.recv_fds(a, 1, 1)[1][0], b'through a pipe')
    print(os.read(read, 99))


def serve(name):
    """Answers the first who comes, and ends."""
    s = bound(socket.SOCK_STREAM, name)
    s.listen()
    print('listens', flush=True)
    s.settimeout(20)
    a, _ = s.accept()
    a.send(b'answer')


def ask(name):
    s = socket.socket(socket.AF_UNIX)
    s.connect(name)
    print(s.recv(99).decode() or 'closed')


def stranger(name):
    """Outside: the host's names that end as `name` does are connected to."""
    text = name[1:].decode()
    found = [line.split()[-1] for line in open('/proc/net/unix') if line.rstrip().endswith('/' + text)]
    print(len(found), 'found')
    for at in found:
        ask(b'\0' + at[1:].encode())


if sys.argv[1] == 'all':
    streams(UNIQUE)
    streams(UNIQUE.ljust(81, b'x'))
    streams(UNIQUE.ljust(82, b'x'))
    streams(UNIQUE.ljust(83, b'x'))
    streams(UNIQUE.ljust(108, b'x'))
    datagrams()
    chosen()
    rights()
else:
    {'serve': serve, 'ask': ask, 'stranger': stranger}[sys.argv[1]](b'\0' + sys.argv[2].encode())
