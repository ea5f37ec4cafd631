import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Fills the heap, drops it, and tells whether the process has given most of it back: "gc": at System.gc(); "rest": a
 *  second after allocation has collected and the program has gone idle. */
public class MemoryBack {
    static byte[][] kept;
    static Object[] small;

    static long residentKilobytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmRSS:"))
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
        throw new IOException("no VmRSS");
    }

    static void fill() {
        kept = new byte[1000][];
        for (int i = 0; i < kept.length; i++)
            Arrays.fill(kept[i] = new byte[100_000], (byte) 1);
        small = new Object[400_000];
        for (int i = 0; i < small.length; i++)
            small[i] = new int[8];
    }

    static void churn() {
        for (int i = 0; i < 2000; i++)
            kept = new byte[][] {new byte[100_000]};
    }

    public static void main(String[] args) throws Exception {
        fill();
        long full = residentKilobytes();
        kept = null;
        small = null;
        if (args[0].equals("gc"))
            System.gc();
        else
            churn();
        if (args[0].equals("rest"))
            Thread.sleep(1000);
        long after = residentKilobytes();
        System.out.println(after < full / 3 ? "given back" : full + " KiB before, " + after + " KiB after");
    }
}
