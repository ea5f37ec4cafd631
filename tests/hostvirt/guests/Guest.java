import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

/** A HotSpot guest: threads, the JIT compiler, implicit null checks, stack overflows, collections. */
public class Guest {
    static int depth;

    static void recurse() {
        depth++;
        recurse();
    }

    static int nulls(int n) {
        int caught = 0;
        Object o = null;
        for (int i = 0; i < n; i++) {
            try {
                o.hashCode();
            } catch (NullPointerException e) {
                caught++;
            }
        }
        return caught;
    }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(14);
        List<Future<Long>> results = new ArrayList<>();
        for (int t = 0; t < 14; t++) {
            final int seed = t;
            results.add(pool.submit(() -> {
                Map<Integer, String> map = new HashMap<>();
                Random random = new Random(seed);
                long sum = 0;
                for (int i = 0; i < 60000; i++) {
                    int key = random.nextInt(5000);
                    map.merge(key, "v" + i, (a, b) -> b);
                    sum += map.get(key).hashCode() * 31L + key;
                }
                return sum;
            }));
        }
        for (Future<Long> f : results)
            System.out.println(f.get());
        pool.shutdown();
        System.out.println(nulls(200000));
        for (int i = 0; i < 20; i++) {
            try {
                recurse();
            } catch (StackOverflowError e) {
                depth = 0;
            }
        }
        System.out.println("overflows survived");
        AtomicInteger counter = new AtomicInteger();
        Thread[] threads = new Thread[50];
        for (int i = 0; i < threads.length; i++)
            (threads[i] = new Thread(counter::incrementAndGet)).start();
        for (Thread t : threads)
            t.join();
        System.out.println(counter);
        System.gc();
        System.out.println(Runtime.getRuntime().availableProcessors() > 0);
    }
}
