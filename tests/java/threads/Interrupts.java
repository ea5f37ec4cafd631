import java.util.concurrent.*;
import java.util.concurrent.locks.*;

/** Interruption of sleep, wait, join and park, and the thread states seen from outside. */
public class Interrupts {
    static void until(Thread t, Thread.State s) throws Exception {
        for (int i = 0; i < 5000 && t.getState() != s; i++) Thread.sleep(1);
        System.out.println(t.getName() + " " + t.getState());
    }
    interface Body { void run() throws Exception; }
    static Thread start(String name, Body b) {
        Thread t = new Thread(() -> {
            try {
                b.run();
                System.out.println(name + " done, interrupted: " + Thread.currentThread().isInterrupted());
            } catch (InterruptedException e) {
                System.out.println(name + " " + e.getMessage() + ", interrupted: " + Thread.currentThread().isInterrupted());
            } catch (Exception e) {
                System.out.println(name + " " + e);
            }
        }, name);
        t.start();
        return t;
    }
    static void interrupt(String name, Thread.State s, Body b) throws Exception {
        Thread t = start(name, b);
        until(t, s);
        t.interrupt();
        t.join();
        System.out.println(t.getState() + " " + t.isAlive() + " " + t.isInterrupted());
    }

    public static void main(String[] args) throws Exception {
        Object o = new Object();
        interrupt("sleeper", Thread.State.TIMED_WAITING, () -> Thread.sleep(100000));
        interrupt("waiter", Thread.State.WAITING, () -> { synchronized (o) { o.wait(); } });
        interrupt("timed", Thread.State.TIMED_WAITING, () -> { synchronized (o) { o.wait(100000); } });
        interrupt("parker", Thread.State.WAITING, () -> LockSupport.park());
        interrupt("blocked", Thread.State.WAITING, () -> LockSupport.park(o));
        interrupt("nanos", Thread.State.TIMED_WAITING, () -> LockSupport.parkNanos(1L << 50));
        interrupt("until", Thread.State.TIMED_WAITING, () -> LockSupport.parkUntil(System.currentTimeMillis() + 1000000));
        interrupt("joiner", Thread.State.WAITING, () -> Thread.currentThread().join());
        interrupt("queue", Thread.State.WAITING, () -> new LinkedBlockingQueue<>().take());
        ReentrantLock lock = new ReentrantLock();
        lock.lock();
        interrupt("locker", Thread.State.WAITING, lock::lockInterruptibly);
        lock.unlock();
        interrupt("condition", Thread.State.WAITING, () -> { lock.lock(); try { lock.newCondition().await(); } finally { lock.unlock(); } });

        Thread.currentThread().interrupt();
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            System.out.println("main " + e.getMessage() + " " + Thread.interrupted());
        }
        Thread.currentThread().interrupt();
        try {
            synchronized (o) { o.wait(10); }
        } catch (InterruptedException e) {
            System.out.println("main " + e.getMessage() + " " + Thread.interrupted());
        }
        Thread.currentThread().interrupt();
        LockSupport.park();
        System.out.println("park kept the flag: " + Thread.interrupted() + " " + Thread.interrupted());
        LockSupport.unpark(Thread.currentThread());
        LockSupport.unpark(Thread.currentThread());
        LockSupport.park();
        long start = System.nanoTime();
        LockSupport.parkNanos(30_000_000);
        System.out.println("one permit only: " + (System.nanoTime() - start >= 20_000_000));
        LockSupport.parkNanos(0);
        LockSupport.parkNanos(-5);
        LockSupport.parkUntil(1);

        Object held = new Object();
        Thread b;
        synchronized (held) {
            b = start("entering", () -> { synchronized (held) { } });
            until(b, Thread.State.BLOCKED);
            b.interrupt();
            Thread.sleep(20);
            System.out.println(b.getState());
        }
        b.join();
        Thread n = new Thread("new");
        System.out.println(n.getState() + " " + n.isAlive());
        n.interrupt();
        n.start();
        n.join();
        System.out.println(n.getState());
        try {
            n.start();
        } catch (IllegalThreadStateException e) {
            System.out.println(e);
        }
        try {
            Thread.sleep(-1);
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        Thread waiting = start("notified", () -> { synchronized (o) { o.wait(); } });
        until(waiting, Thread.State.WAITING);
        synchronized (o) {
            o.notify();
            System.out.println("after notify, before release: " + waiting.getState());
            waiting.interrupt();
        }
        waiting.join();
        Thread runner = new Thread(() -> { while (!Thread.interrupted()) Thread.onSpinWait(); }, "runner");
        runner.start();
        until(runner, Thread.State.RUNNABLE);
        runner.interrupt();
        runner.join();
        Thread.yield();
    }
}
