// An uncaught exception in main: exit status 1, after the other threads and shutdown hooks have run.
public class LangUncaught {
    public static void main(String[] args) throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        Thread bad = new Thread(() -> { throw new IllegalStateException("thread"); });
        bad.setUncaughtExceptionHandler((t, e) -> System.out.println("handler " + e));
        bad.start();
        bad.join();
        Thread silent = new Thread(() -> { throw new IllegalStateException("to standard error"); });
        silent.start();
        silent.join();
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> System.out.println("default handler " + t.getName() + " " + e));
        Thread again = new Thread(() -> { throw new IllegalStateException("second"); }, "again");
        again.start();
        again.join();
        Thread slow = new Thread(() -> {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                System.out.println("interrupted");
            }
            System.out.println("slow thread ends after main");
        });
        slow.start();
        Thread daemon = new Thread(() -> { while (true) Thread.onSpinWait(); });
        daemon.setDaemon(true);
        daemon.start();
        throw new Exception("uncaught", new Error("cause"));
    }
}
