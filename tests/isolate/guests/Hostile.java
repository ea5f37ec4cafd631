import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.Security;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** A handler that leaves behind what it can for the next call, and ones that do not end as they should. */
public class Hostile {
    private static final Map<String, String> memory = new ConcurrentHashMap<>();
    private static final Map<Object, String> identities = new HashMap<>();
    private static final Object key = new Object();
    private static final Random fixed = new Random(42);
    private static final List<SecureRandom> secure = new ArrayList<>();
    private static final ThreadLocal<String> local = new ThreadLocal<>();
    private static final int hash = key.hashCode();
    private static long calls;

    static {
        identities.put(key, "found");
        try {
            for (String name : new String[] {"NativePRNG", "NativePRNGNonBlocking", "DRBG", "SHA1PRNG"}) {
                secure.add(SecureRandom.getInstance(name));
                secure.get(secure.size() - 1).nextLong();
            }
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    public static byte[] handle(byte[] message) {
        return message;
    }

    /** What the calls before this one, after the snapshot, have left; then leaves it all. */
    public static List<String> plant() throws Exception {
        List<String> seen = new ArrayList<>();
        look(seen, "static field", calls++ != 0);
        look(seen, "map", memory.put("planted", "here") != null);
        look(seen, "thread-local", local.get() != null);
        local.set("planted");
        look(seen, "system property", System.setProperty("planted", "here") != null);
        look(seen, "locale", Locale.getDefault().equals(Locale.KOREA));
        Locale.setDefault(Locale.KOREA);
        look(seen, "time zone", TimeZone.getDefault().getID().equals("Asia/Seoul"));
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Seoul"));
        look(seen, "standard output", System.out.getClass() != PrintStream.class);
        System.setOut(new PrintStream(OutputStream.nullOutputStream()) { });
        look(seen, "provider", Security.getProperty("planted") != null);
        Security.setProperty("planted", "here");
        look(seen, "constant", Integer.valueOf(7) != 7);
        poison();
        look(seen, "text", !"constant text".equals(new StringBuilder("constant").append(" text").toString()));
        file(seen);
        threads(seen);
        look(seen, "handler", Thread.getDefaultUncaughtExceptionHandler() != null);
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> { });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { }));
        return seen;
    }

    private static void look(List<String> seen, String what, boolean planted) {
        if (planted)
            seen.add(what);
    }

    /** A shared object of the class library's, changed for everybody: the 7 that boxing gives. */
    private static void poison() throws Exception {
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field unsafe = type.getDeclaredField("theUnsafe");
        unsafe.setAccessible(true);
        Object u = unsafe.get(null);
        Object offset = type.getMethod("objectFieldOffset", Field.class).invoke(u, Integer.class.getDeclaredField("value"));
        type.getMethod("putInt", Object.class, long.class, int.class).invoke(u, Integer.valueOf(7), offset, 8);
    }

    private static void file(List<String> seen) throws IOException {
        Path planted = Path.of("/tmp/planted");
        look(seen, "file", Files.exists(planted));
        Files.writeString(planted, "here");
        Path folder = Files.createDirectories(Path.of("/tmp/folder/below"));
        boolean linked = Files.isSymbolicLink(folder.resolve("link"));
        look(seen, "link", linked);
        if (!linked)
            Files.createSymbolicLink(folder.resolve("link"), planted);
    }

    private static void threads(List<String> seen) {
        for (Thread t : Thread.getAllStackTraces().keySet())
            look(seen, "thread", t.getName().startsWith("planted"));
        Thread t = new Thread(() -> {
            for (;;)
                memory.merge("planted", "x", (a, b) -> b);
        }, "planted");
        t.setDaemon(true);
        t.start();
    }

    /** What no two clones share; what all have is in "same". */
    public static Map<String, String> unique() throws Exception {
        Map<String, String> all = new LinkedHashMap<>();
        for (SecureRandom r : secure)
            all.put("SecureRandom " + r.getAlgorithm() + all.size(), Long.toString(r.nextLong()));
        all.put("new SecureRandom", Long.toString(new SecureRandom().nextLong()));
        all.put("UUID", UUID.randomUUID().toString());
        all.put("Math.random", Double.toString(Math.random()));
        all.put("new Random", Long.toString(new Random().nextLong()));
        all.put("ThreadLocalRandom", Long.toString(ThreadLocalRandom.current().nextLong()));
        all.put("SplittableRandom", Long.toString(new SplittableRandom().nextLong()));
        all.put("temporary file", File.createTempFile("made", "here").getName());
        all.put("temporary folder", Files.createTempDirectory("made").toString());
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < 40; i++)
            order.add(i);
        Collections.shuffle(order);
        all.put("shuffle", order.toString());
        all.put("host name", InetAddress.getLocalHost().getHostName());
        all.put("clone", Long.toString(cloister.isolate.Isolate.self().cloneNumber()));
        all.put("same", fixed.nextInt() + " " + identities.get(key) + " " + (key.hashCode() == hash) + " "
            + ProcessHandle.current().pid());
        return all;
    }

    // ---- calls that do not answer, or not well

    /** The answer's status is the program's word. */
    public static void forge(int status) throws ReflectiveOperationException {
        Method reply = Class.forName("cloister.isolate.internal.Hypercalls")
            .getDeclaredMethod("reply", int.class, byte[].class, int.class, int.class);
        reply.setAccessible(true);
        reply.invoke(null, status, new byte[0], 0, 0);
    }

    public static void loop() {
        for (long i = 0; ; i++)
            calls = i;
    }

    public static void deadlock() throws InterruptedException {
        Object a = new Object(), b = new Object();
        Thread other = new Thread(() -> both(b, a));
        other.start();
        both(a, b);
        other.join();
    }

    private static void both(Object first, Object second) {
        synchronized (first) {
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                return;
            }
            synchronized (second) {
                calls++;
            }
        }
    }

    public static int fill() {
        List<byte[]> all = new ArrayList<>();
        for (;;)
            all.add(new byte[1 << 20]);
    }

    public static int deep(int n) {
        return deep(n + 1) + 1;
    }

    public static void exit(int status) {
        System.exit(status);
    }

    public static void halt(int status) {
        Runtime.getRuntime().halt(status);
    }

    public static native void crash();

    public static void load(String library) {
        System.load(library);
        crash();
    }

    public static void bomb() {
        for (;;)
            new Thread(() -> {
                try {
                    Thread.sleep(1_000_000);
                } catch (InterruptedException e) {
                    return;
                }
            }).start();
    }

    public static long write() throws IOException {
        byte[] block = new byte[1 << 20];
        try (OutputStream to = new FileOutputStream("/tmp/full")) {
            for (;;)
                to.write(block);
        }
    }
}
