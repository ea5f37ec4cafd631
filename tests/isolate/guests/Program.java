import cloister.isolate.Checkpoint;
import java.util.TreeMap;

/** A main class that shows what a run has: arguments, streams, environment, properties. */
public class Program {
    public static void main(String[] arguments) throws Exception {
        switch (arguments.length > 0 ? arguments[0] : "") {
        case "print" -> System.out.println(String.join("|", arguments).substring(5).replaceFirst("^\\|", ""));
        case "exit" -> System.exit(Integer.parseInt(arguments[1]));
        case "throw" -> throw new IllegalStateException("thrown");
        case "cat" -> System.in.transferTo(System.out);
        case "environment" -> System.out.println(System.getenv(arguments[1]));
        case "properties" -> properties();
        case "here" -> System.out.println(Checkpoint.here() > 0 ? "clone" : "original");
        case "await" -> await();
        case "path" -> System.out.println(System.getProperty("java.class.path"));
        case "sleep" -> Thread.sleep(100_000);
        case "hook" -> hook(Thread.currentThread());
        case "later" -> later();
        case "missing" -> System.out.println(new Missing());
        case "strings" -> System.out.println("word" == new String("word").intern());
        case "loaded" -> System.out.println(new java.util.zip.Adler32().getValue() + " " + Thread.State.BLOCKED);
        default -> System.out.println(arguments.length + " arguments");
        }
        System.out.flush();
    }

    /** Until somebody saves it. */
    private static void await() throws InterruptedException {
        while (!cloister.isolate.internal.Engine.checkpointWanted())
            Thread.sleep(5);
        System.out.println(Checkpoint.here() > 0 ? "clone" : "original");
    }

    /** Not in the jar. */
    static final class Missing { }

    /** A hook that needs the end of the thread that has called main. */
    private static void hook(Thread main) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                main.join();
                System.out.println(main.getState());
            } catch (InterruptedException e) {
                System.out.println(e);
            }
        }));
    }

    /** A thread that outlives main, and one that nobody waits for. */
    private static void later() {
        new Thread(() -> {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                System.out.println(e);
            }
            System.out.println("later");
        }).start();
        Thread daemon = new Thread(() -> {
            for (;;)
                java.util.concurrent.locks.LockSupport.park();
        });
        daemon.setDaemon(true);
        daemon.start();
    }

    /** Those that a program may look at and that do not say which VM it is, or where its files are. */
    private static void properties() {
        for (String name : new TreeMap<>(System.getProperties()).keySet().toArray(new String[0]))
            if (name.startsWith("cloister") || name.startsWith("file.") || name.equals("line.separator"))
                System.out.println(name + "=" + System.getProperty(name));
    }
}
