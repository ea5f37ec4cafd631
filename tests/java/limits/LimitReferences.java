// Reference churn: WeakHashMap, weak, soft and phantom references, queues and cleaners, through many collections.
import java.lang.ref.*;
import java.util.*;

public class LimitReferences {
    static boolean waitFor(java.util.function.BooleanSupplier done) throws InterruptedException {
        for (int i = 0; i < 200 && !done.getAsBoolean(); i++) {
            System.gc();
            Thread.sleep(5);
        }
        return done.getAsBoolean();
    }

    static Object[] keepEvery(WeakHashMap<Object, Integer> map, int n, int step) {
        List<Object> kept = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            Object key = new Object();
            map.put(key, i);
            if (i % step == 0) kept.add(key);
        }
        return kept.toArray();
    }

    /** Overwrites what dead frames left on the stack, where a conservative collector may still see it. */
    static int scrub(int n) {
        long a = n, b = n + 1, c = n + 2, d = n + 3;
        return n == 0 ? 0 : scrub(n - 1) + (int) (a + b - c - d) + 4;
    }

    static void fill(List<WeakReference<byte[]>> weak, ReferenceQueue<byte[]> queue, int n) {
        for (int i = 0; i < n; i++) weak.add(new WeakReference<>(new byte[1000], queue));
    }

    static class Tracked {
        static int made;
        final int id = made++;
    }

    static int cleaned;

    static void register(Cleaner cleaner, int n) {
        for (int i = 0; i < n; i++) {
            cleaner.register(new Tracked(), () -> {
                synchronized (LimitReferences.class) {
                    cleaned++;
                }
            });
        }
    }

    public static void main(String[] args) throws Exception {
        WeakHashMap<Object, Integer> map = new WeakHashMap<>();
        Object[] kept = keepEvery(map, 50_000, 100);
        scrub(2000);
        // A conservative collector may keep a few more; nearly all must go, and none that is held may.
        System.out.println("map shrinks: " + waitFor(() -> map.size() < kept.length + 500) + " " + (map.size() >= kept.length));
        int found = 0;
        for (int i = 0; i < kept.length; i++) if (map.get(kept[i]) == i * 100) found++;
        System.out.println("held entries: " + found);
        for (int round = 0; round < 20; round++) {
            WeakHashMap<String, byte[]> churn = new WeakHashMap<>();
            for (int i = 0; i < 2000; i++) churn.put(new String("key" + i), new byte[500]);
            if (churn.size() > 2000) System.out.println("too many");
        }
        List<WeakReference<byte[]>> weak = new ArrayList<>();
        ReferenceQueue<byte[]> queue = new ReferenceQueue<>();
        fill(weak, queue, 5000);
        scrub(2000);
        int[] queued = new int[1];
        System.out.println("queued: " + waitFor(() -> {
            while (queue.poll() != null) queued[0]++;
            return queued[0] > 4900;
        }));
        System.out.println("cleared: " + (weak.stream().filter(w -> w.get() == null).count() > 4900));
        byte[] strong = new byte[10];
        WeakReference<byte[]> w = new WeakReference<>(strong, queue);
        PhantomReference<byte[]> p = new PhantomReference<>(strong, queue);
        SoftReference<byte[]> s = new SoftReference<>(strong);
        System.gc();
        System.out.println((w.get() == strong) + " " + p.get() + " " + (s.get() == strong) + " " + w.refersTo(strong) + " " + p.refersTo(strong) + " " + w.refersTo(null));
        System.out.println(w.enqueue() + " " + w.enqueue() + " " + (queue.remove(1000) == w) + " " + w.get());
        p.clear();
        System.out.println(p.refersTo(null) + " " + strong.length);
        Cleaner cleaner = Cleaner.create();
        register(cleaner, 2000);
        scrub(2000);
        System.out.println("cleaned: " + waitFor(() -> {
            synchronized (LimitReferences.class) {
                return cleaned > 1900;
            }
        }));
        boolean[] ran = new boolean[1];
        Cleaner.Cleanable now = cleaner.register(strong, () -> ran[0] = true);
        now.clean();
        now.clean();
        System.out.println(ran[0]);
        Reference.reachabilityFence(kept);
        Reference.reachabilityFence(strong);
    }
}
