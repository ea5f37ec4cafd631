/** An exception that leaves main: exit status 1, while other threads still finish. */
public class UncaughtMain {
    public static void main(String[] args) throws Exception {
        Thread t = new Thread(() -> {
            try { Thread.sleep(50); } catch (InterruptedException e) { }
            System.out.println("other thread finished");
        });
        t.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        throw new IllegalStateException("out of main");
    }
}
