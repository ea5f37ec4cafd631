import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Many threads fill a small heap, fail, end, and start again, with collections in between. */
public class DroppedCells {
    static void fill(int kind) {
        List<Object> keep = new ArrayList<>();
        try {
            for (;;) {
                keep.add(switch (kind % 4) {
                    case 0 -> new byte[1000];
                    case 1 -> new Object[100];
                    case 2 -> "x" + keep.size();
                    default -> new HashMap<>(Map.of(1, 2));
                });
            }
        } catch (OutOfMemoryError e) {
            keep = null;
        }
    }

    static void churn() throws InterruptedException {
        for (int i = 0; i < 400; i++) {
            Thread[] threads = new Thread[4];
            for (int k = 0; k < threads.length; k++) {
                threads[k] = new Thread(() -> new HashMap<>(Map.of(1, new Object[20])));
                threads[k].start();
            }
            if (i % 8 == 0) {
                System.gc();
            }
            for (Thread t : threads) {
                t.join();
            }
        }
    }

    public static void main(String[] args) throws Exception {
        for (int round = 0; round < 3; round++) {
            Thread[] threads = new Thread[8];
            for (int i = 0; i < threads.length; i++) {
                int kind = i;
                threads[i] = new Thread(() -> fill(kind));
                threads[i].start();
            }
            for (Thread t : threads) {
                t.join();
            }
            churn();
        }
        System.out.println("done");
    }
}
