/** Shutdown hooks run at System.exit, after main's threads; the exit code is kept. */
public class Hooks {
    public static void main(String[] args) throws Exception {
        Thread kept = new Thread(() -> System.out.println("never"));
        Runtime.getRuntime().addShutdownHook(kept);
        System.out.println(Runtime.getRuntime().removeShutdownHook(kept));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.out.println("hook " + Thread.currentThread().getThreadGroup().getName());
            try {
                Runtime.getRuntime().addShutdownHook(new Thread());
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }));
        try {
            Runtime.getRuntime().addShutdownHook(Thread.currentThread());
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        Thread stuck = new Thread(() -> { try { Thread.sleep(1000000); } catch (InterruptedException e) { } });
        stuck.start();
        System.exit(42);
    }
}
