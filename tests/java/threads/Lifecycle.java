import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;

/** Many threads, groups, thread locals, uncaught exceptions, daemons, names. */
public class Lifecycle {
    static final ThreadLocal<Integer> local = ThreadLocal.withInitial(() -> 7);
    static final InheritableThreadLocal<String> inherited = new InheritableThreadLocal<>();

    static void manyAlive(int count) throws Exception {
        CountDownLatch ready = new CountDownLatch(count), go = new CountDownLatch(1);
        AtomicInteger sum = new AtomicInteger();
        Thread[] threads = new Thread[count];
        for (int i = 0; i < count; i++) {
            int n = i;
            threads[i] = new Thread(() -> {
                local.set(n);
                ready.countDown();
                try { go.await(); } catch (InterruptedException e) { throw new Error(e); }
                sum.addAndGet(local.get());
            });
            threads[i].start();
        }
        ready.await();
        System.gc();
        System.out.println(Thread.activeCount() + " " + local.get());
        System.out.println(Thread.getAllStackTraces().size() >= count);
        go.countDown();
        for (Thread t : threads) t.join();
        System.out.println(sum);
    }

    static void manyInSequence(int count) throws Exception {
        AtomicInteger ran = new AtomicInteger();
        for (int i = 0; i < count; i++) {
            Thread t = new Thread(ran::incrementAndGet);
            t.start();
            t.join();
        }
        System.out.println(ran);
    }

    static void uncaught() throws Exception {
        Thread t = new Thread(() -> { throw new IllegalStateException("boom"); }, "thrower");
        t.setUncaughtExceptionHandler((th, e) -> System.out.println(th.getName() + " " + e + " alive " + th.isAlive()));
        t.start();
        t.join();
        Thread.setDefaultUncaughtExceptionHandler((th, e) -> System.out.println("default " + th.getName() + " " + e.getMessage()));
        t = new Thread(() -> { Object o = null; o.hashCode(); }, "npe");
        t.start();
        t.join();
        ThreadGroup g = new ThreadGroup("group") {
            @Override public void uncaughtException(Thread th, Throwable e) { System.out.println("group " + e.getMessage()); }
        };
        t = new Thread(g, () -> { throw new Error("in group"); });
        t.start();
        t.join();
        t = new Thread(() -> { throw new Error("first"); }, "bad");
        t.setUncaughtExceptionHandler((th, e) -> { throw new RuntimeException("second"); });
        t.start();
        t.join();
        System.out.println(t.getState() + " " + t.getThreadGroup());
        Thread.setDefaultUncaughtExceptionHandler(null);
    }

    static void attributes() throws Exception {
        inherited.set("from main");
        Thread t = new Thread(null, () -> {
            Thread me = Thread.currentThread();
            System.out.println(me.getName() + " " + me.isDaemon() + " " + me.getPriority() + " " + inherited.get() + " "
                               + me.getThreadGroup().getName() + " " + (me.getContextClassLoader() == ClassLoader.getSystemClassLoader()));
            me.setName("renamed and longer than fifteen");
            System.out.println(me);
        }, "attributes", 256 << 10);
        t.setDaemon(true);
        t.setPriority(Thread.MAX_PRIORITY);
        t.start();
        t.join();
        t.setPriority(1);
        System.out.println(t.getPriority() + " " + t.getName());
        try {
            Thread.currentThread().setDaemon(true);
        } catch (IllegalThreadStateException e) {
            System.out.println(e);
        }
        for (Runnable r : new Runnable[] {t::suspend, t::resume, t::stop})
            try {
                r.run();
                System.out.println("quiet on a dead thread");
            } catch (UnsupportedOperationException e) {
                System.out.println("quiet on a dead thread");
            }
        System.out.println(Thread.currentThread() + " " + Thread.currentThread().getId());
    }

    static int depth(int n) { return n == 0 ? 0 : 1 + depth(n - 1); }

    static void stackSizes() throws Exception {
        int[] reached = new int[2];
        long[] sizes = {512 << 10, 64 << 20};
        for (int i = 0; i < 2; i++) {
            int n = i;
            Thread t = new Thread(null, () -> {
                int d = 1000;
                try { for (;; d *= 2) { depth(d); reached[n] = d; if (d > 100000) break; } } catch (StackOverflowError e) { }
            }, "deep", sizes[i]);
            t.start();
            t.join();
        }
        System.out.println((reached[0] < 100000) + " " + (reached[1] > 100000));
    }

    static void pools() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Future<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) { int n = i; all.add(pool.submit(() -> n * n)); }
        long sum = 0;
        for (Future<Integer> f : all) sum += f.get();
        pool.shutdown();
        System.out.println(sum + " " + pool.awaitTermination(10, TimeUnit.SECONDS));
        System.out.println(java.util.stream.IntStream.range(0, 100000).parallel().mapToLong(x -> x % 7).sum());
        CompletableFuture<String> f = CompletableFuture.supplyAsync(() -> "a").thenCombineAsync(CompletableFuture.supplyAsync(() -> "b"), String::concat);
        System.out.println(f.get());
        CyclicBarrier barrier = new CyclicBarrier(3);
        AtomicInteger trips = new AtomicInteger();
        Thread[] ts = new Thread[3];
        for (int i = 0; i < 3; i++) {
            ts[i] = new Thread(() -> { try { for (int k = 0; k < 50; k++) { barrier.await(); trips.incrementAndGet(); } } catch (Exception e) { System.out.println(e); } });
            ts[i].start();
        }
        for (Thread t : ts) t.join();
        System.out.println(trips);
    }

    public static void main(String[] args) throws Exception {
        manyInSequence(500);
        manyAlive(2000);
        uncaught();
        attributes();
        stackSizes();
        pools();
        Thread daemon = new Thread(() -> { while (true) try { Thread.sleep(1000000); } catch (InterruptedException e) { } });
        daemon.setDaemon(true);
        daemon.start();
        new Thread(() -> { try { Thread.sleep(50); } catch (InterruptedException e) { } System.out.println("last, after main"); }).start();
        System.out.println("main ends");
    }
}
