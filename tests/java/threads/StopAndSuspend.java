import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/** Thread.stop, suspend and resume. */
@SuppressWarnings({"deprecation", "removal"})
public class StopAndSuspend {
    interface Body {
        void run() throws Exception;
    }

    static volatile Throwable caught;
    static volatile long counter;
    static final Object lock = new Object();

    static Thread start(CountDownLatch ready, Body body) {
        Thread thread = new Thread(() -> {
            ready.countDown();
            try {
                body.run();
            } catch (Throwable t) {
                caught = t;
            }
        });
        thread.start();
        return thread;
    }

    static void stopped(String what, Body body) throws Exception {
        caught = null;
        CountDownLatch ready = new CountDownLatch(1);
        Thread thread = start(ready, body);
        ready.await();
        Thread.sleep(50);
        thread.stop();
        thread.join();
        System.out.println(what + ": " + caught + ", alive " + thread.isAlive());
    }

    static void stopping() throws Exception {
        stopped("sleeping", () -> Thread.sleep(100000));
        stopped("parked", () -> {
            while (true)
                LockSupport.park();
        });
        stopped("waiting", () -> {
            synchronized (lock) {
                lock.wait();
            }
        });
        stopped("running", () -> {
            while (true)
                counter++;
        });
        stopped("holding a lock", () -> {
            synchronized (lock) {
                while (true)
                    counter++;
            }
        });
        synchronized (lock) {
            System.out.println("the lock is free");
        }
    }

    static void handled() throws Exception {
        CountDownLatch ready = new CountDownLatch(1), handled = new CountDownLatch(1);
        Thread thread = start(ready, () -> {
            try {
                Thread.sleep(100000);
            } catch (ThreadDeath death) {
                handled.countDown();
            } finally {
                System.out.println("finally");
            }
            Thread.sleep(1);
            System.out.println("goes on");
        });
        ready.await();
        Thread.sleep(50);
        thread.stop();
        handled.await();
        thread.join();
    }

    static void early() throws Exception {
        Thread never = new Thread(() -> System.out.println("must not run"));
        never.stop();
        System.out.println("stopped before start: " + never.getState());
        never.start();
        never.join();
        never.stop();
        System.out.println("stopped after the end: " + never.getState());
        try {
            Thread.currentThread().stop();
        } catch (ThreadDeath death) {
            System.out.println("self: " + death);
        }
    }

    static void suspending() throws Exception {
        CountDownLatch ready = new CountDownLatch(1);
        Thread thread = start(ready, () -> {
            while (true)
                counter++;
        });
        ready.await();
        for (int i = 0; i < 20; i++) {
            thread.suspend();
            long before = counter;
            Thread.sleep(5);
            if (counter != before)
                System.out.println("runs while it is suspended");
            System.gc();
            thread.resume();
            while (counter == before)
                Thread.yield();
        }
        thread.suspend();
        System.out.println("suspended: " + thread.getState() + ", alive " + thread.isAlive());
        thread.stop();
        thread.join();
        System.out.println("stopped: " + caught);
        new Thread(() -> { }).suspend();
        new Thread(() -> { }).resume();
    }

    static void selfSuspending() throws Exception {
        CountDownLatch ready = new CountDownLatch(1);
        long[] steps = new long[1];
        Thread thread = start(ready, () -> {
            steps[0] = 1;
            Thread.currentThread().suspend();
            steps[0] = 2;
        });
        ready.await();
        Thread.sleep(100);
        System.out.println("before resume: step " + steps[0]);
        while (thread.isAlive()) {
            thread.resume();
            Thread.sleep(1);
        }
        System.out.println("after resume: step " + steps[0]);
    }

    public static void main(String[] args) throws Exception {
        stopping();
        handled();
        early();
        suspending();
        selfSuspending();
    }
}
