import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

/** Locks: recursion, contention, wait and notify, ownership errors, identity hashes beside locking. */
public class Monitors {
    static final Object lock = new Object();
    static int counter;
    static synchronized void staticBump() { counter++; }
    synchronized int recurse(int n) { return n == 0 ? 0 : 1 + recurse(n - 1); }

    static void expectIllegal(String what, Runnable r) {
        try {
            r.run();
            System.out.println(what + ": nothing thrown");
        } catch (IllegalMonitorStateException e) {
            System.out.println(what + ": " + e.getMessage());
        }
    }

    static void ownership() throws Exception {
        Object o = new Object();
        expectIllegal("notify", o::notify);
        expectIllegal("notifyAll", o::notifyAll);
        expectIllegal("wait", () -> { try { o.wait(); } catch (InterruptedException e) { System.out.println(e); } });
        try {
            synchronized (o) { o.wait(-1); }
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        System.out.println(Thread.holdsLock(o));
        synchronized (o) { System.out.println(Thread.holdsLock(o)); }
        try {
            Thread.holdsLock(null);
        } catch (NullPointerException e) {
            System.out.println("holdsLock(null) throws");
        }
    }

    static void recursion() {
        System.out.println(new Monitors().recurse(3000));
        Object o = new Object();
        deep(o, 500);
        System.out.println(Thread.holdsLock(o));
        int[] array = new int[3];
        int hash = System.identityHashCode(array);
        synchronized (array) { synchronized (array) { System.out.println(hash == System.identityHashCode(array)); } }
        byte[] second = new byte[2];
        synchronized (second) { hash = System.identityHashCode(second); }
        System.out.println(hash == System.identityHashCode(second) && hash != 0);
    }
    static void deep(Object o, int n) { synchronized (o) { if (n > 0) deep(o, n - 1); } }

    static void contention() throws Exception {
        Thread[] threads = new Thread[8];
        long[] shared = {0};
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int j = 0; j < 20000; j++) {
                    synchronized (lock) { shared[0]++; }
                    if (j % 10 == 0) staticBump();
                }
            });
            threads[i].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(shared[0] + " " + counter);
    }

    /** A bounded buffer with several producers and consumers. */
    static void buffer() throws Exception {
        final Deque<Integer> queue = new ArrayDeque<>();
        final AtomicLong sum = new AtomicLong();
        final int each = 3000;
        List<Thread> threads = new ArrayList<>();
        for (int p = 0; p < 4; p++)
            threads.add(new Thread(() -> {
                for (int i = 1; i <= each; i++)
                    synchronized (queue) {
                        while (queue.size() >= 5)
                            try { queue.wait(); } catch (InterruptedException e) { throw new Error(e); }
                        queue.add(i);
                        queue.notifyAll();
                    }
            }));
        for (int c = 0; c < 4; c++)
            threads.add(new Thread(() -> {
                for (int i = 0; i < each; i++)
                    synchronized (queue) {
                        while (queue.isEmpty())
                            try { queue.wait(); } catch (InterruptedException e) { throw new Error(e); }
                        sum.addAndGet(queue.poll());
                        queue.notifyAll();
                    }
            }));
        for (Thread t : threads) t.start();
        for (Thread t : threads) t.join();
        System.out.println(sum.get() + " " + queue.size());
    }

    static void timedWait() throws Exception {
        Object o = new Object();
        long start = System.nanoTime();
        synchronized (o) { synchronized (o) { o.wait(60); System.out.println(Thread.holdsLock(o)); } }
        long ms = (System.nanoTime() - start) / 1_000_000;
        System.out.println(ms >= 59 && ms < 5000);
    }

    /** wait() gives up all entries of the lock and takes them again. */
    static void waitRecursive() throws Exception {
        Object o = new Object();
        boolean[] go = {false};
        Thread t = new Thread(() -> { synchronized (o) { go[0] = true; o.notify(); } });
        synchronized (o) {
            synchronized (o) {
                synchronized (o) {
                    t.start();
                    while (!go[0]) o.wait();
                }
                System.out.println(Thread.holdsLock(o));
            }
            System.out.println(Thread.holdsLock(o));
        }
        System.out.println(Thread.holdsLock(o));
        t.join();
    }

    static void notifyOrder() throws Exception {
        Object o = new Object();
        List<Integer> order = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int n = i;
            Thread t = new Thread(() -> { synchronized (o) { try { o.wait(); } catch (InterruptedException e) { } order.add(n); } });
            t.start();
            while (t.getState() != Thread.State.WAITING) Thread.sleep(1);
            threads.add(t);
        }
        for (int i = 0; i < 5; i++) {
            synchronized (o) { o.notify(); }
            while (order.size() <= i) Thread.sleep(1);
        }
        for (Thread t : threads) t.join();
        System.out.println(order);
    }

    static void unwinding() {
        Object o = new Object();
        try {
            synchronized (o) { throw new IllegalStateException("inside"); }
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage() + " " + Thread.holdsLock(o));
        }
        Monitors m = new Monitors();
        try {
            m.fail();
        } catch (ArithmeticException e) {
            System.out.println(e.getMessage() + " " + Thread.holdsLock(m));
        }
        synchronized (Monitors.class) { System.out.println(Thread.holdsLock(Monitors.class)); }
    }
    synchronized int fail() { return 1 / (counter - counter); }

    static void manyMonitors() throws Exception {
        for (int round = 0; round < 3; round++) {
            Object[] objects = new Object[3000];
            for (int i = 0; i < objects.length; i++) {
                objects[i] = new Object();
                synchronized (objects[i]) { if (i % 100 == 0) objects[i].wait(1); else objects[i].notify(); }
            }
            for (Object o : objects) synchronized (o) { o.notifyAll(); }
            System.gc();
        }
        System.out.println("many");
    }

    public static void main(String[] args) throws Exception {
        ownership();
        recursion();
        contention();
        buffer();
        timedWait();
        waitRecursive();
        notifyOrder();
        unwinding();
        manyMonitors();
    }
}
