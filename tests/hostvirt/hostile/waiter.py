# waiter.py FILE: waits at one port of the host's 127.0.0.1 and ::1, prints it, and makes FILE when anything comes.
import select, socket, sys

waiting = []
for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
    for family, ip in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
        s = socket.socket(family, kind)
        s.bind((ip, waiting[0].getsockname()[1] if waiting else 0))
        if kind == socket.SOCK_STREAM:
            s.listen()
        waiting.append(s)
print(waiting[0].getsockname()[1], flush=True)
select.select(waiting, [], [])
open(sys.argv[1], 'w').close()
