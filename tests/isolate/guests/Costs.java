import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;

/** A handler whose calls cost what they are told to. */
public class Costs {
    private static Object kept;

    public static byte[] handle(byte[] message) {
        return message;
    }

    public static void nothing() { }

    public static int allocate(int bytes) {
        int count = 0;
        for (int left = bytes; left > 0; left -= 1000)
            count += new byte[1000].length;
        return count;
    }

    public static void collect() {
        System.gc();
    }

    /** Asks for addresses that the isolate is not given; how often it was refused. */
    public static int connect(int times) {
        int refused = 0;
        for (int i = 0; i < times; i++)
            try (Socket socket = new Socket("192.0.2.1", 9)) {
                socket.getOutputStream();
            } catch (IOException e) {
                refused++;
            }
        return refused;
    }

    /** Writes to so many pages that nobody has written to. */
    public static void touch(int pages) {
        ByteBuffer memory = ByteBuffer.allocateDirect((pages + 1) * 4096);
        kept = memory; /* not given back meanwhile */
        for (int i = 0; i < pages; i++)
            memory.put(i * 4096, (byte) 1);
    }

    public static void sleep(int milliseconds) throws InterruptedException {
        Thread.sleep(milliseconds);
    }

    public static void fail() {
        throw new IllegalStateException("as it was told");
    }
}
