import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;

/** Takes one kind of memory until there is an OutOfMemoryError, says which one, gives back what it can, and goes on. */
public class Fill {
    static final Object LOCK = new Object();
    static boolean over;

    static class Definer extends ClassLoader {
        Class<?> define(byte[] bytes) { return defineClass(null, bytes, 0, bytes.length); }
    }

    static class Padding { int a; String b; long sum(long c) { return a + c; } }

    static void park() {
        synchronized (LOCK) {
            try {
                while (!over)
                    LOCK.wait();
            } catch (InterruptedException e) {
                over = true;
            }
        }
    }

    static Object take(String kind, byte[] bytes) {
        switch (kind) {
        case "classes": return new Definer().define(bytes);
        case "direct": return ByteBuffer.allocateDirect(1 << 20);
        case "heap": return new byte[1 << 16];
        case "deflaters": return new Deflater();
        case "threads":
            Thread thread = new Thread(Fill::park);
            thread.setDaemon(true);
            thread.start();
            return thread;
        default: throw new IllegalArgumentException(kind);
        }
    }

    static String fill(String kind, byte[] bytes) {
        List<Object> taken = new ArrayList<>();
        try {
            while (true)
                taken.add(take(kind, bytes));
        } catch (OutOfMemoryError e) {
            String message = e.getMessage();
            for (Object o : taken)
                if (o instanceof Deflater)
                    ((Deflater) o).end();
            return message;
        }
    }

    public static void main(String[] args) throws Exception {
        byte[] bytes;
        try (InputStream in = Fill.class.getResourceAsStream("Fill$Padding.class")) {
            bytes = in.readAllBytes();
        }
        System.out.println(fill(args[0], bytes));
        synchronized (LOCK) {
            over = true;
            LOCK.notifyAll();
        }
        System.gc();
        System.out.println("goes on");
    }
}
