# Three processes with memory and threads of their own; the host kills the monitors of two, first the middle one.  Who is
# left learns of both, and may have what they had.
import mmap, os, threading, time


def hold(megabytes, threads):
    memory = mmap.mmap(-1, megabytes << 20)
    for _ in range(threads):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
    return memory


if os.fork() == 0:
    if os.fork() == 0:
        kept = hold(100, 3)
        print('grandchild holds', flush=True)
        time.sleep(1000)
    kept = hold(200, 5)
    print('child holds', flush=True)
    time.sleep(1000)
for _ in range(2):
    print('lost by signal', os.WTERMSIG(os.wait()[1]), flush=True)
kept = hold(400, 8)
print('all of it again', flush=True)
time.sleep(1000)
