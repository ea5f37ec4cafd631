import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;

/** A warm HotSpot with 32 MiB of live objects: for each line that it reads it prints how long a full collection takes. */
public class Collect {
    static final List<byte[][]> live = new ArrayList<>();

    static void collect() {
        long begin = System.nanoTime();
        System.gc();
        System.out.println((System.nanoTime() - begin) / 1e6);
    }

    public static void main(String[] arguments) throws IOException {
        for (int i = 0; i < 1024; i++) {
            byte[][] part = new byte[32][];
            for (int k = 0; k < part.length; k++)
                part[k] = new byte[1000];
            live.add(part);
        }
        for (int i = 0; i < 5; i++)
            System.gc();
        System.out.println("warm");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        while (in.readLine() != null)
            collect();
    }
}
