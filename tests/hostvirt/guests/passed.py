"""Sockets that were passed over a Unix socket (SCM_RIGHTS) are what they were for whoever gets them: another process of
the family, or the sender itself.  Prints the same inside an isolate and outside."""
import array, errno, os, socket, sys

HERE = "127.0.0.1"


def tcp(bound=True, listening=True):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if bound:
        s.bind((HERE, 0))
    if listening:
        s.listen(5)
    return s


def connection():
    listener = tcp()
    client = socket.create_connection(listener.getsockname())
    server = listener.accept()[0]
    listener.close()
    return client, server


def passing(name, sockets, use):
    """A child gets the sockets and uses them; the parent has closed its own when use() runs there."""
    names = [s.getsockname() for s in sockets]
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        ours.close()
        for s in sockets:
            s.close()
        theirs.sendall(b"r")
        got = [socket.socket(fileno=n) for n in socket.recv_fds(theirs, 1, len(sockets))[1]]
        print(name, "names kept:", [s.getsockname() for s in got] == names, [s.type.name for s in got])
        use(got, theirs)
        sys.stdout.flush()
        os._exit(0)
    theirs.close()
    ours.recv(1)
    socket.send_fds(ours, [b"x"], [s.fileno() for s in sockets])
    for s in sockets:
        s.close()
    return ours, child


def ended(ours, child):
    print("child ended", os.waitpid(child, 0)[1])
    ours.close()


def accept_one(got, _):
    peer = got[0].accept()[0]
    print(peer.recv(9), peer.getsockname() == got[0].getsockname())
    peer.sendall(b"answer")


def listener():
    s = tcp()
    address = s.getsockname()
    ours, child = passing("listener", [s], accept_one)
    client = socket.create_connection(address)
    client.sendall(b"question")
    print(client.recv(9), client.getpeername() == address)
    ended(ours, child)
    client.close()
    again = tcp(bound=False, listening=False)
    again.bind(address)
    print("the address is free again")


def bound_only():
    s = tcp(listening=False)
    address = s.getsockname()

    def listen(got, control):
        got[0].listen(3)
        control.sendall(b"l")
        accept_one(got, control)

    ours, child = passing("bound", [s], listen)
    ours.recv(1)
    client = socket.create_connection(address)
    client.sendall(b"late")
    print(client.recv(9))
    ended(ours, child)


def connected():
    client, server = connection()
    peer = client.getsockname()

    def talk(got, _):
        print(got[0].getpeername() == peer, got[0].recv(9))
        got[0].sendall(b"from the child")
        got[0].shutdown(socket.SHUT_WR)

    ours, child = passing("connected", [server], talk)
    client.sendall(b"hello")
    print(client.recv(99), client.recv(9))
    ended(ours, child)


def unbound():
    s, target = tcp(bound=False, listening=False), tcp()
    address = target.getsockname()

    def connect(got, _):
        got[0].connect(address)
        got[0].sendall(b"connected")

    ours, child = passing("unbound", [s], connect)
    print(target.accept()[0].recv(9))
    ended(ours, child)


def datagrams():
    a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for s in a, b:
        s.bind((HERE, 0))
    address = a.getsockname()

    def echo(got, _):
        data, sender = got[0].recvfrom(99)
        got[0].sendto(data.upper(), sender)

    ours, child = passing("datagrams", [a], echo)
    b.sendto(b"datagram", address)
    data, sender = b.recvfrom(99)
    print(data, sender == address)
    ended(ours, child)


def many():
    """Of all kinds in one message, among other descriptors."""
    pairs = [connection() for _ in range(5)]

    def answer(got, _):
        for i, s in enumerate(got):
            s.sendall(b"%d" % i)

    ours, child = passing("many", [server for _, server in pairs], answer)
    print([client.recv(9) for client, _ in pairs])
    ended(ours, child)


def to_itself():
    a, b = socket.socketpair()
    client, server = connection()
    read, write = os.pipe()
    socket.send_fds(a, [b"x"], [read, server.fileno(), client.fileno()])
    server.close()
    numbers = socket.recv_fds(b, 1, 3)[1]
    server, again = (socket.socket(fileno=n) for n in numbers[1:])
    os.write(write, b"piped")
    client.sendall(b"to itself")
    print(os.read(numbers[0], 9), server.recv(9), again.getsockname() == client.getsockname())
    # One description: what becomes of it becomes of both numbers.
    s = tcp(bound=False, listening=False)
    socket.send_fds(a, [b"x"], [s.fileno()])
    other = socket.socket(fileno=socket.recv_fds(b, 1, 1)[1][0])
    s.bind((HERE, 0))
    other.listen(1)
    print(s.getsockname() == other.getsockname(), socket.create_connection(s.getsockname()).getpeername() ==
          other.getsockname())


def little_room():
    """What the receiver has no room for is cut, and closed: the connection ends with it."""
    a, b = socket.socketpair()
    pairs = [connection() for _ in range(2)]
    socket.send_fds(a, [b"x"], [server.fileno() for _, server in pairs])
    for _, server in pairs:
        server.close()
    _, control, flags, _ = b.recvmsg(1, socket.CMSG_LEN(4))
    print(len(control), len(control[0][2]), bool(flags & socket.MSG_CTRUNC), pairs[1][0].recv(1))
    socket.socket(fileno=array.array("i", control[0][2])[0]).sendall(b"first")
    print(pairs[0][0].recv(9))


def taken():
    s = tcp()
    a, b = socket.socketpair()
    address = s.getsockname()
    socket.send_fds(a, [b"x"], [s.fileno()])
    s.close()
    try:
        socket.socket().bind(address)
    except OSError as e:
        print("on its way:", errno.errorcode[e.errno])
    got = socket.socket(fileno=socket.recv_fds(b, 1, 1)[1][0])
    print("listens:", got.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN), got.family.name)


for test in listener, bound_only, connected, unbound, datagrams, many, to_itself, little_room, taken:
    print("--", test.__name__)
    test()
    sys.stdout.flush()
