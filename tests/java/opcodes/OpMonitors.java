// monitorenter and monitorexit: null, nesting, recursion, synchronized methods, release on exceptions, illegal states.
public class OpMonitors {
    static synchronized String held(Object o) {
        return Thread.holdsLock(OpMonitors.class) + " " + Thread.holdsLock(o);
    }

    synchronized int recursive(int n) {
        return n == 0 ? 0 : 1 + recursive(n - 1);
    }

    synchronized void fails() {
        throw new IllegalStateException("from synchronized, held " + Thread.holdsLock(this));
    }

    static int earlyReturn(Object lock) {
        synchronized (lock) {
            synchronized (lock) {
                if (Thread.holdsLock(lock)) return 5;
            }
        }
        return 0;
    }

    static void attempt(String what, Runnable action) {
        try {
            action.run();
            System.out.println(what + " done");
        } catch (Throwable e) {
            System.out.println(what + " " + e);
        }
    }

    static int shared;

    static void contend() throws InterruptedException {
        Object lock = new Object();
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 5000; i++) {
                    synchronized (lock) {
                        int before = shared;
                        if (i % 1000 == 0) Thread.yield();
                        shared = before + 1;
                    }
                }
            });
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(shared);
    }

    static void pingPong() throws InterruptedException {
        Object lock = new Object();
        StringBuilder log = new StringBuilder();
        boolean[] turn = new boolean[1];
        Thread[] threads = new Thread[2];
        for (int t = 0; t < 2; t++) {
            boolean mine = t == 1;
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 10; i++) {
                    synchronized (lock) {
                        try {
                            while (turn[0] != mine) lock.wait();
                        } catch (InterruptedException e) {
                            return;
                        }
                        log.append(mine ? "pong " : "ping ");
                        turn[0] = !mine;
                        lock.notifyAll();
                    }
                }
            });
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(log);
    }

    public static void main(String[] args) throws Throwable {
        Object lock = new Object();
        System.out.println(held(lock) + " " + Thread.holdsLock(OpMonitors.class));
        OpMonitors m = new OpMonitors();
        System.out.println(m.recursive(1000) + " " + Thread.holdsLock(m) + " " + earlyReturn(lock) + " " + Thread.holdsLock(lock));
        attempt("fails", m::fails);
        System.out.println(Thread.holdsLock(m));
        Object none = null;
        attempt("null", () -> { synchronized (none) { System.out.println("never"); } });
        attempt("notify", lock::notify);
        attempt("notifyAll", lock::notifyAll);
        attempt("wait", () -> { try { lock.wait(1); } catch (InterruptedException e) { System.out.println(e); } });
        attempt("negative wait", () -> { synchronized (lock) { try { lock.wait(-1); } catch (InterruptedException e) { System.out.println(e); } } });
        attempt("timed wait", () -> { synchronized (lock) { try { lock.wait(5); } catch (InterruptedException e) { System.out.println(e); } } });
        attempt("interrupted", () -> {
            Thread.currentThread().interrupt();
            synchronized (lock) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    System.out.println(e + " " + Thread.currentThread().isInterrupted() + " " + Thread.holdsLock(lock));
                }
            }
        });
        synchronized (lock) {
            int hash = lock.hashCode();
            attempt("nested failure", () -> { synchronized (lock) { throw new RuntimeException("inner"); } });
            System.out.println(Thread.holdsLock(lock) + " " + (hash == lock.hashCode()));
        }
        System.out.println(Thread.holdsLock(lock));
        contend();
        pingPong();
        // Exits without enter, and methods that return with a monitor held (structured locking, JVMS 2.11.10).
        ClassBytes c = new ClassBytes("public", "Locks", "java/lang/Object");
        c.method("public static", "exitOnly", "(Ljava/lang/Object;)V", "aload_0 | monitorexit | return");
        c.method("public static", "exitTwice", "(Ljava/lang/Object;)V", "aload_0 | monitorenter | aload_0 | monitorexit | aload_0 | monitorexit | return");
        c.method("public static", "balanced", "(Ljava/lang/Object;)V", "aload_0 | monitorenter | aload_0 | monitorenter | aload_0 | monitorexit | aload_0 | monitorexit | return");
        c.method("public static", "exitNull", "()V", "aconst_null | monitorexit | return");
        c.method("public static", "enterNull", "()V", "aconst_null | monitorenter | return");
        c.method("public static", "array", "()Z", "iconst_0 | newarray 10 | dup | monitorenter | dup | invokestatic java/lang/Thread.holdsLock (Ljava/lang/Object;)Z | swap | monitorexit | ireturn");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        for (String name : new String[] {"exitOnly", "exitTwice", "balanced"}) {
            System.out.println(name + " " + loader.outcome("Locks", name, lock) + " " + Thread.holdsLock(lock));
        }
        System.out.println(loader.outcome("Locks", "exitNull") + " " + loader.outcome("Locks", "enterNull") + " " + loader.outcome("Locks", "array"));
    }
}
