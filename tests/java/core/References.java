import java.lang.ref.*;
import java.util.*;
import java.util.concurrent.*;

/* Soft, weak and phantom references, cleaners, finalizers and WeakHashMap. */
public class References {
    static final List<String> finalized = Collections.synchronizedList(new ArrayList<>());
    static class Finalizable {
        final String name; Finalizable(String name) { this.name = name; }
        @Override @SuppressWarnings({"deprecation", "removal"}) protected void finalize() { finalized.add(name); }
    }
    static Finalizable resurrected;
    static class Phoenix extends Finalizable { Phoenix() { super("phoenix"); } @Override @SuppressWarnings({"deprecation", "removal"}) protected void finalize() { super.finalize(); resurrected = this; } }
    interface Condition { boolean holds(); }

    /* Collections until the condition holds: what is unreachable need not be found at once. */
    static boolean eventually(Condition c) throws InterruptedException {
        for (int i = 0; i < 200 && !c.holds(); i++) { System.gc(); churn(i); Thread.sleep(5); }
        return c.holds();
    }
    static int churn(int n) { return n == 0 ? 0 : 1 + churn(n % 50 - (n % 50 > 0 ? 1 : 0)); }
    static Reference<?>[] make(ReferenceQueue<Object> q) {
        Reference<?>[] made = new Reference<?>[40];
        for (int i = 0; i < made.length; i++) made[i] = i % 2 == 0 ? new WeakReference<>(new Object(), q) : new PhantomReference<>(new Object(), q);
        return made;
    }
    static void garbage() { for (int i = 0; i < 20; i++) new Finalizable("f"); }
    static void phoenix() { for (int i = 0; i < 20; i++) new Phoenix(); }
    static void fill(WeakHashMap<Object, String> m) { for (int i = 0; i < 50; i++) m.put(new Object(), "v" + i); }
    static void cleanables(Cleaner c, CountDownLatch done) { for (int i = 0; i < 20; i++) c.register(new Object(), done::countDown); }
    static List<WeakReference<Object>> weaks(Object keep) {
        List<WeakReference<Object>> list = new ArrayList<>();
        for (int i = 0; i < 20; i++) list.add(new WeakReference<>(new byte[1000]));
        list.add(new WeakReference<>(keep));
        return list;
    }

    public static void main(String[] args) throws Exception {
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        Reference<?>[] made = make(queue);
        int[] seen = {0};
        System.out.println("queued " + eventually(() -> { while (queue.poll() != null) seen[0]++; return seen[0] >= 30; }));
        boolean allNull = true;
        for (int i = 1; i < made.length; i += 2) allNull &= made[i].get() == null;
        System.out.println("phantoms give nothing " + allNull);
        Object keep = new Object();
        List<WeakReference<Object>> weaks = weaks(keep);
        System.out.println("cleared " + eventually(() -> weaks.stream().filter(w -> w.get() == null).count() >= 15));
        System.out.println("kept " + (weaks.get(20).get() == keep) + " " + weaks.get(20).refersTo(keep) + " " + weaks.get(20).refersTo(null));
        SoftReference<Object> soft = new SoftReference<>(new Object());
        System.gc(); System.gc();
        System.out.println("soft survives " + (soft.get() != null));
        soft.clear();
        System.out.println("soft cleared " + (soft.get() == null) + " " + soft.refersTo(null));
        garbage();
        System.out.println("finalized " + eventually(() -> { System.runFinalization(); return finalized.size() >= 15; }));
        phoenix();
        System.out.println("resurrected " + eventually(() -> resurrected != null) + " " + resurrected.name);
        int count = finalized.size();
        resurrected = null;
        WeakHashMap<Object, String> map = new WeakHashMap<>();
        Object key = new Object();
        map.put(key, "kept");
        fill(map);
        System.out.println("map shrinks " + eventually(() -> map.size() <= 11) + " " + map.get(key));
        Cleaner cleaner = Cleaner.create();
        CountDownLatch cleaned = new CountDownLatch(15);
        cleanables(cleaner, cleaned);
        System.out.println("cleaned " + eventually(() -> cleaned.getCount() == 0));
        boolean[] ran = {false};
        Cleaner.Cleanable explicit = cleaner.register(keep, () -> { System.out.println("explicit clean"); ran[0] = true; });
        explicit.clean(); explicit.clean();
        WeakReference<Object> w = new WeakReference<>(keep, queue);
        System.out.println(w.enqueue() + " " + w.enqueue() + " " + (w.get() == null) + " " + (queue.remove(1000) == w) + " " + (queue.remove(10) == null));
        PhantomReference<Object> ph = new PhantomReference<>(keep, queue);
        System.out.println(ph.refersTo(keep) + " " + ph.get());
        ph.clear();
        System.out.println(ph.refersTo(keep) + " " + ph.refersTo(null));
        ThreadLocal<int[]> local = ThreadLocal.withInitial(() -> new int[] {5});
        System.out.println(local.get()[0]);
        local.remove();
        Reference.reachabilityFence(keep);
        byte[][] hold = new byte[20][];
        for (int i = 0; i < 200; i++) hold[i % 20] = new byte[100_000];
        long max = Runtime.getRuntime().maxMemory(), total = Runtime.getRuntime().totalMemory(), free = Runtime.getRuntime().freeMemory();
        System.out.println((max >= total) + " " + (total >= free) + " " + (free >= 0) + " " + (hold[19].length));
        new Finalizable("last").toString();
        System.out.println(count >= 15);
    }
}
