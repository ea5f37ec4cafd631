"""isolation.py CLOISTER WORK CALLS CLONES OPTIONS...: the client's half of `isolation`, which see."""
import collections, http.client, json, os, re, socket, subprocess, sys, threading, time

cloister, work, calls, clones = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
options = sys.argv[5:]
passed = failed = 0


def check(name, good, said=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print('FAILED', name, str(said)[:600])


class Connection(http.client.HTTPConnection):
    def __init__(self, tenant):
        super().__init__('localhost')
        self.tenant = tenant

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(os.path.join(work, self.tenant))


def ask(method, arguments='[]', tenant='one', connection=None):
    c = connection or Connection(tenant)
    c.request('POST', '/Hostile.' + method, arguments, {'Content-Type': 'application/json'})
    answer = c.getresponse()
    return answer.status, answer.read().decode()


# ---- what one call leaves, no other sees

def plant(count, bad):
    c = Connection('one')
    for _ in range(count):
        said = ask('plant', connection=c)
        if said != (200, '[]'):
            bad.append(said)


bad, clients = [], [threading.Thread() for _ in range(8)]
began = time.monotonic()
clients = [threading.Thread(target=plant, args=(calls // len(clients), bad)) for _ in clients]
for t in clients:
    t.start()
for t in clients:
    t.join()
check('planted', not bad, (len(bad), bad[:3]))
print(f'{calls // 8 * 8} calls that plant in {time.monotonic() - began:.1f} s')

# The same calls where nothing is put back: they do see what was left.
subprocess.run([cloister, 'run', '--detach', '--name', 'keeps', *options, work + '/app.img'], stdout=subprocess.DEVNULL, check=True)
for _ in range(2):
    answer = subprocess.run([cloister, 'call', '--json', '--class', 'Hostile.plant', 'keeps'], input=b'[]', stdout=subprocess.PIPE)
subprocess.run([cloister, 'kill', 'keeps'])
check('seen without a reset', json.loads(answer.stdout) == [
    'static field', 'map', 'thread-local', 'system property', 'locale', 'time zone', 'standard output', 'provider', 'constant',
    'file', 'link', 'thread', 'handler'], answer.stdout)

# ---- a cause by the deadline, and the next call works

ends = (
    ('loop', '[]', 504, 'did not answer within'),
    ('deadlock', '[]', 504, 'did not answer within'),
    ('fill', '[]', 500, 'java.lang.OutOfMemoryError: Java heap space'),
    ('deep', '[0]', 500, 'java.lang.StackOverflowError'),
    ('exit', '[3]', 502, 'exited with status 3 during the call'),
    ('halt', '[4]', 502, 'exited with status 4 during the call'),
    ('forge', '[3]', 502, 'a status that there is none of: 3'),
    ('forge', '[-1]', 502, 'a status that there is none of: -1'),
    ('load', '["/app/libcrash.so"]', 502, 'ended by signal (6|11)'),
    ('bomb', '[]', 500, 'java.lang.OutOfMemoryError: unable to create'),
    ('write', '[]', 500, 'java.io.IOException: .*(No space left|File too large|quota)'),
)
for method, arguments, status, cause in ends:
    for _ in range(2):
        began = time.monotonic()
        said = ask(method, arguments)
        took = time.monotonic() - began
        check(method, said[0] == status and re.search(cause, said[1]), said)
        check(method + ' in time', took < 5, took)
        said = ask('plant')
        check('after ' + method, said == (200, '[]'), said)

# ---- tenants: no memory that one can write is the other's, too

def shared_writable(tenant):
    found = {}
    for n in range(1, 5):
        stat = subprocess.run([cloister, 'stat', '--json', f'{tenant}-{n}'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if stat.returncode != 0:
            continue # it is being made anew
        with open(f'/proc/{json.loads(stat.stdout)[0]["pid"]}/maps') as maps:
            for line in maps:
                place, rights, _, device, inode, *name = line.split(None, 5)
                if 's' in rights and 'w' in rights and inode != '0':
                    found[(device, inode)] = name
    return found


one, two = shared_writable('one'), shared_writable('two')
both = {k: one[k] for k in one.keys() & two.keys() if 'kvm' not in str(one[k])}
check('looked', one and two, (one, two))
check('tenants share', not both, both)

# ---- nothing random repeats

seen = collections.defaultdict(set)


def take(values, expected):
    for key, value in values.items():
        if key == 'same':
            check('same', value == expected.setdefault('same', value), value)
        else:
            check(key + ' repeats', value not in seen[key], value)
            seen[key].add(value)


same = {}
subprocess.run([cloister, 'zygote', '--detach', '--name', 'originals', '--standby', '2', *options, work + '/app.img'],
               stdout=subprocess.DEVNULL, check=True)
for n in range(clones):
    subprocess.run([cloister, 'clone', '--zygote', 'originals', '--detach', '--name', f'clone{n}'], stdout=subprocess.DEVNULL,
                   check=True)
    answer = subprocess.run([cloister, 'call', '--json', '--class', 'Hostile.unique', '--timeout', '30s', f'clone{n}'],
                            input=b'[]', stdout=subprocess.PIPE)
    subprocess.run([cloister, 'kill', f'clone{n}'])
    take(json.loads(answer.stdout), same)
subprocess.run([cloister, 'kill', 'originals'])
check('what stays', re.fullmatch(r'-1170105035 found true \d+', same['same']), same)
# Clones that were put back are the same clone, and find everything else new again.
for _ in range(clones):
    values = json.loads(ask('unique')[1])
    take({key: values[key] for key in values if key not in ('host name', 'clone')}, same)
print(passed, 'passed,', failed, 'failed')
sys.exit(failed != 0)
