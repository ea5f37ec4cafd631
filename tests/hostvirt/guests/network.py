# What programs do with 127.0.0.1 and ::1.  `network.py all` prints the same inside an isolate and outside;
# `serve PORT COUNT`, `ask PORT` and `twice PORT` are parts of the tests of the command.
import errno, os, select, socket, sys, threading


def ends(family, ip):
    s = socket.create_server((ip, 0), family=family)
    c = socket.create_connection(s.getsockname()[:2])
    a, peer = s.accept()
    return s, c, a, peer


def failing(call):
    try:
        print('no error:', call())
    except OSError as e:
        print(errno.errorcode[e.errno])


def streams(family, ip):
    s, c, a, peer = ends(family, ip)
    print(peer == c.getsockname(), c.getpeername() == s.getsockname(), a.getsockname() == s.getsockname(), peer[0])
    data = os.urandom(1) * 3000000
    sender = threading.Thread(target=lambda: (c.sendall(data), c.shutdown(socket.SHUT_WR)))
    sender.start()
    got = b''
    while part := a.recv(65536):
        got += part
    sender.join()
    print(got == data)
    a.send(b'tail')
    a.close()
    print(c.recv(9), c.recv(9))
    failing(lambda: socket.create_connection((ip, 9)))
    failing(lambda: socket.socket(family).recv(1))
    failing(lambda: socket.socket(family).getpeername())
    failing(lambda: socket.socket(family).accept())
    failing(lambda: s.recv(1))
    failing(lambda: s.connect(s.getsockname()))
    failing(lambda: c.connect(s.getsockname()))
    failing(lambda: socket.create_server(s.getsockname()[:2], family=family))


def datagrams(family, ip):
    u = socket.socket(family, socket.SOCK_DGRAM)
    u.bind((ip, 0))
    v = socket.socket(family, socket.SOCK_DGRAM)
    v.sendto(b'one', u.getsockname())
    v.sendto(b'longer', u.getsockname())
    v.sendto(b'', u.getsockname())
    print(u.recvfrom(9)[0], u.recv_into(bytearray(2), 2, socket.MSG_TRUNC), u.recvmsg(3)[::2])
    v.connect(u.getsockname())
    os.write(v.fileno(), b'by write')
    data, peer = u.recvfrom(99)
    print(data, peer == v.getsockname())
    socket.socket(family, socket.SOCK_DGRAM).sendto(b'not of the peer', v.getsockname())
    u.sendto(b'back', peer)
    print(os.readv(v.fileno(), [bytearray(1), bytearray(9)]))
    u.close()
    v.send(b'lost')
    failing(lambda: v.recv(9))
    failing(lambda: v.sendto(b'x' * 65508, v.getsockname()))
    failing(lambda: socket.socket(family, socket.SOCK_DGRAM).send(b'x'))


# Sockets change what they are while somebody watches them.
def watched():
    s, c, a, peer = ends(socket.AF_INET, '127.0.0.1')
    e = select.epoll()
    late = socket.socket()
    for x in s, a, late:
        e.register(x, select.EPOLLIN)
    e.modify(late, 0)
    d = socket.create_connection(s.getsockname())
    print(dict(e.poll(5)).get(s.fileno()))
    s.accept()
    late.bind(('', 0))
    late.listen()
    e.modify(late, select.EPOLLIN)
    f = socket.create_connection(('localhost', late.getsockname()[1]))
    print(dict(e.poll(5)).get(late.fileno()))
    n = socket.socket()
    n.setblocking(False)
    e.register(n, select.EPOLLOUT | select.EPOLLET)
    e.poll(0)
    print(n.connect_ex(late.getsockname()) in (0, errno.EINPROGRESS))
    print(dict(e.poll(5)).get(n.fileno()), n.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    k = os.dup(late.fileno())
    late.close()
    print(socket.socket(fileno=k).accept()[1] == f.getsockname())


def families():
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        t = socket.create_server(('127.0.0.1', 0))
        os.write(w, b'%d' % t.getsockname()[1])
        t.accept()[0].send(b'of the child')
        os._exit(0)
    port = int(os.read(r, 9))
    print(socket.create_connection(('127.0.0.1', port)).recv(99))
    os.waitpid(pid, 0)
    print(socket.socket().connect_ex(('127.0.0.1', port)) == errno.ECONNREFUSED)


def facts():
    s = socket.create_server(('127.0.0.1', 0))
    print('lo' in [name for i, name in socket.if_nameindex()], s.family, s.type,
          [s.getsockopt(socket.SOL_SOCKET, o) for o in (socket.SO_ACCEPTCONN, socket.SO_PROTOCOL, socket.SO_REUSEADDR)])
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 77)
    c = socket.create_connection(s.getsockname())
    a = s.accept()[0]
    print([x.getsockopt(socket.IPPROTO_TCP, o) for x in (s, a, c) for o in (socket.TCP_NODELAY, socket.TCP_KEEPIDLE)])
    print(sorted({i[4][0] for i in socket.getaddrinfo('localhost', 80)}))


def main(do, port=0, count=0):
    port = int(port)
    if do == 'all':
        for family, ip in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
            streams(family, ip)
            datagrams(family, ip)
        watched()
        families()
        facts()
    elif do == 'serve':
        s = socket.create_server(('', port))
        print('ready', flush=True)
        for i in range(int(count)):
            a, peer = s.accept()
            print('served', peer[0], flush=True)
            a.sendall(b'word')
    elif do == 'ask':
        try:
            print(socket.create_connection(('127.0.0.1', port), timeout=5).recv(9).decode())
        except OSError as e:
            print(e.strerror)
    elif do == 'twice':  # that a port is free again
        for i in 1, 2:
            s = socket.create_server(('127.0.0.1', port))
            c = socket.create_connection(s.getsockname())
            a, peer = s.accept()
            a.sendall(b'%d' % i)
            print(c.recv(9).decode(), peer == c.getsockname())
            for x in s, a, c:
                x.close()


main(*sys.argv[1:])
