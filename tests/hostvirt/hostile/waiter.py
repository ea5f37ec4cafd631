# waiter.py FILE SOCKET: waits at one port of the host's 127.0.0.1 and ::1, prints it, and for datagrams at SOCKET; makes
# FILE when anything comes.
import os, select, socket, sys

waiting = []
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    for family, ip in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
        s = socket.socket(family, kind)
        s.bind((ip, waiting[0].getsockname()[1] if waiting else 0))
        if kind == socket.SOCK_STREAM:
            s.listen()
        waiting.append(s)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.path.exists(sys.argv[2]):
    os.unlink(sys.argv[2])
s.bind(sys.argv[2])
waiting.append(s)
print(waiting[0].getsockname()[1], flush=True)
select.select(waiting, [], [])
open(sys.argv[1], 'w').close()
