/** Threads of native code, seen from Java. */
public class JniTestThreads {
    static native void start(int flags, Object lock, ThreadGroup group);
    static native int detachSelf();
    static native void hammer();
    static int counted;
    static final int CALL = 1, DAEMON = 2, THROW = 4, LOCK = 8, NAMED = 16, NO_DETACH = 32;

    static void describe() {
        Thread t = Thread.currentThread();
        String name = t.getName().startsWith("Thread-") ? "Thread-N" : t.getName();
        System.out.println("  " + name + " in " + t.getThreadGroup().getName() + " daemon " + t.isDaemon() + " alive " + t.isAlive()
            + " " + t.getState() + " priority " + t.getPriority() + " loader " + (t.getContextClassLoader() == ClassLoader.getSystemClassLoader())
            + " frames " + new Throwable().getStackTrace().length);
    }

    static synchronized void count() {
        counted++;
        if (counted % 1000 == 0)
            System.gc();
    }

    public static void main(String[] args) throws Exception {
        JniTest.load();
        Object lock = new Object();
        ThreadGroup group = new ThreadGroup("my group");
        start(CALL, lock, group);
        start(CALL | DAEMON, lock, group);
        start(CALL | NAMED, lock, group);
        start(CALL | NAMED | DAEMON, lock, group);
        start(LOCK, lock, group);
        synchronized (lock) {
            System.out.println("the lock is free");
        }
        start(THROW | NAMED, lock, group);
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> System.out.println("uncaught in " + t.getName() + ": " + e));
        start(THROW | NAMED, lock, group);
        System.out.println("detaching with frames: " + detachSelf());
        describe();
        hammer();
        System.out.println(counted + " " + group.activeCount());
        start(CALL | DAEMON | NO_DETACH, lock, group);
        System.out.println("end");
    }
}
