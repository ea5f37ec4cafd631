# hang.py FOLDER: a file system (FUSE) with one file, `file`, that answers nothing any more once that is opened.  Prints
# "mounted", and runs until it gets SIGTERM.  Needs root.
import ctypes, os, signal, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
folder = sys.argv[1]
fuse = os.open('/dev/fuse', os.O_RDWR)
options = b'fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other' % fuse
if libc.mount(b'hang', folder.encode(), b'fuse', 0, options) != 0:
    sys.exit('mount: ' + os.strerror(ctypes.get_errno()))
print('mounted', flush=True)


def end(number, frame):
    libc.umount2(folder.encode(), 2)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, INIT, OPENDIR, RELEASEDIR, INTERRUPT, BATCH_FORGET = \
    1, 2, 3, 14, 15, 18, 25, 26, 27, 29, 36, 42


def attributes(inode):
    return struct.pack('<6Q10I', inode, 4096, 8, 0, 0, 0, 0, 0, 0, 0o40755 if inode == 1 else 0o100666, 1, 0, 0, 0, 4096, 0)


while True:
    request = os.read(fuse, 1 << 20)
    _, operation, unique, node = struct.unpack_from('<IIQQ', request)
    error, data = 0, b''
    if operation in (READ, INTERRUPT, FORGET, BATCH_FORGET):
        continue
    if operation == INIT:
        data = struct.pack('<4I2H2I', 7, 31, 65536, 0, 12, 10, 65536, 1).ljust(64, b'\0')
    elif operation == LOOKUP and request[40:].split(b'\0')[0] == b'file':
        data = struct.pack('<4Q2I', 2, 0, 1, 1, 0, 0) + attributes(2)
    elif operation == LOOKUP:
        error = -2
    elif operation == GETATTR:
        data = struct.pack('<Q2I', 1, 0, 0) + attributes(node)
    elif operation in (OPEN, OPENDIR):
        data = struct.pack('<Q2I', 1, 0, 0)
    elif operation not in (FLUSH, RELEASE, RELEASEDIR):
        error = -38
    os.write(fuse, struct.pack('<IiQ', 16 + len(data), error, unique) + data)
    if operation == OPEN:
        while True:
            signal.pause()
