/** An operating-system scheduler's simulation in the spirit of Richards: queues of packets between tasks, much dispatch. */
final class Richards {
    abstract static class Task {
        final int id, priority;
        Task next;
        Packet queue;
        boolean held, waiting;

        Task(int id, int priority) {
            this.id = id;
            this.priority = priority;
        }

        abstract Task step(Richards os, Packet p);

        void add(Packet p) {
            p.link = null;
            if (queue == null) {
                queue = p;
                return;
            }
            Packet last = queue;
            while (last.link != null) {
                last = last.link;
            }
            last.link = p;
        }
    }

    static final class Packet {
        Packet link;
        int target;
        final int kind;
        int datum;

        Packet(int target, int kind) {
            this.target = target;
            this.kind = kind;
        }
    }

    static final class Idle extends Task {
        int seed = 1, count = 3000;

        Idle(int id) {
            super(id, 0);
        }

        @Override
        Task step(Richards os, Packet p) {
            if (--count == 0) {
                return os.hold(this);
            }
            seed = (seed & 1) == 0 ? seed >> 1 : seed >> 1 ^ 0xD008;
            return os.release((seed & 1) == 0 ? 4 : 5);
        }
    }

    static final class Worker extends Task {
        int turn = 2, letters;

        Worker(int id) {
            super(id, 1000);
        }

        @Override
        Task step(Richards os, Packet p) {
            if (p == null) {
                waiting = true;
                return null;
            }
            turn = turn == 2 ? 3 : 2;
            p.target = turn;
            p.datum = ++letters % 26;
            return os.send(p, id);
        }
    }

    static final class Handler extends Task {
        final int device;

        Handler(int id, int device) {
            super(id, 2000);
            this.device = device;
        }

        @Override
        Task step(Richards os, Packet p) {
            if (p == null) {
                waiting = true;
                return null;
            }
            p.target = p.kind == 0 ? device : 1;
            return os.send(p, id);
        }
    }

    static final class Device extends Task {
        Packet pending;

        Device(int id) {
            super(id, 4000);
        }

        @Override
        Task step(Richards os, Packet p) {
            if (p != null) {
                pending = p;
                return os.hold(this);
            }
            if (pending == null) {
                waiting = true;
                return null;
            }
            Packet out = pending;
            pending = null;
            out.target = 1;
            return os.send(out, id);
        }
    }

    private final Task[] tasks = new Task[6];
    private long sent, held, steps;

    Task hold(Task t) {
        held++;
        t.held = true;
        return null;
    }

    Task release(int id) {
        Task t = tasks[id];
        t.held = false;
        t.waiting = false;
        return t;
    }

    Task send(Packet p, int from) {
        Task t = tasks[p.target];
        if (t == null) {
            return null;
        }
        sent++;
        t.add(p);
        t.waiting = false;
        return t.priority > tasks[from].priority ? t : null;
    }

    long run() {
        tasks[0] = new Idle(0);
        tasks[1] = new Worker(1);
        tasks[2] = new Handler(2, 4);
        tasks[3] = new Handler(3, 5);
        tasks[4] = new Device(4);
        tasks[5] = new Device(5);
        for (int i = 0; i < 4; i++) {
            tasks[1].add(new Packet(1, i & 1));
            tasks[2].add(new Packet(2, i & 1));
        }
        while (!tasks[0].held) {
            for (int i = 5; i >= 0; i--) {
                Task t = tasks[i];
                while (t != null && !t.held && !(t.waiting && t.queue == null)) {
                    Packet p = t.queue;
                    if (p != null) {
                        t.queue = p.link;
                    }
                    steps++;
                    Task now = t.step(this, p);
                    if (now == null || now == t || steps % 8 == 0) {
                        break;
                    }
                    t = now;
                }
            }
        }
        return sent * 31 + held * 7 + steps;
    }
}
