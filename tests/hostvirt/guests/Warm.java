import java.io.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.locks.LockSupport;

/** A warm HotSpot to be saved at any moment and cloned: answers each number on its standard input by work of 14 threads
 *  that it has had from the start, by threads that it starts, and after a collection; what it built while it warmed up
 *  must still be there.  A thread in the background never stops allocating. */
public class Warm {
    static final int THREADS = 14;
    static final ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    static final Map<Integer, String> kept = new HashMap<>();
    static volatile Object garbage;

    static long work(int seed) {
        Map<Integer, String> map = new HashMap<>();
        Random random = new Random(seed);
        long sum = 0;
        for (int i = 0; i < 4000; i++) {
            int key = random.nextInt(700);
            map.merge(key, "v" + i, (a, b) -> b);
            sum = sum * 31 + map.get(key).hashCode() + key;
        }
        return sum;
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

    static long checksum() {
        long sum = 0;
        for (Map.Entry<Integer, String> e : kept.entrySet())
            sum += e.getKey() * 31L ^ e.getValue().hashCode();
        return sum;
    }

    static String answer(int number) throws Exception {
        List<Future<Long>> results = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
            final int seed = number * 100 + t;
            results.add(pool.submit(() -> work(seed)));
        }
        long sum = 0;
        for (Future<Long> f : results)
            sum = sum * 17 + f.get();
        System.gc();
        long[] started = new long[5];
        Thread[] threads = new Thread[started.length];
        for (int i = 0; i < threads.length; i++) {
            final int own = i;
            threads[i] = new Thread(() -> started[own] = work(number + own));
            threads[i].start();
        }
        for (Thread t : threads)
            t.join();
        return number + " " + sum + " " + nulls(100) + " " + checksum() + " " + Arrays.hashCode(started);
    }

    public static void main(String[] args) throws Exception {
        for (int i = 0; i < 20000; i++)
            kept.put(i * 7, "kept " + i);
        Thread background = new Thread(() -> {
            for (int i = 0;; i++) {
                garbage = new byte[1000 + i % 5000];
                if (i % 500 == 0)
                    LockSupport.parkNanos(1000000);
            }
        });
        background.setDaemon(true);
        background.start();
        for (int i = 0; i < 60; i++)
            answer(-i);
        System.out.println("warm");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;)
            System.out.println(answer(Integer.parseInt(line.trim())));
        System.out.println("end");
        System.exit(0);
    }
}
