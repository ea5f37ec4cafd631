/** What host.c runs. */
public class HostTarget {
    static void start() {
        System.out.println("  started, answer " + System.getProperty("host.answer") + ", " + Thread.currentThread().getName());
    }

    static void work() {
        Thread t = Thread.currentThread();
        System.out.println("  working in " + t.getName() + " of " + t.getThreadGroup().getName());
    }

    static void fail() {
        throw new IllegalStateException("for the host");
    }

    static void linger() {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("  hook")));
        new Thread(() -> {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                System.out.println(e);
            }
            System.out.println("  lingered");
        }).start();
    }
}
