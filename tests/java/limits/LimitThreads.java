// 200 threads alive at once, short-lived ones by the thousand, thread groups, locals, pools and joins with results.
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

public class LimitThreads {
    static final ThreadLocal<StringBuilder> LOCAL = ThreadLocal.withInitial(() -> new StringBuilder("local"));

    static void together(int n) throws Exception {
        CountDownLatch ready = new CountDownLatch(n), go = new CountDownLatch(1);
        AtomicInteger sum = new AtomicInteger();
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int id = i;
            Thread t = new Thread(() -> {
                ready.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    return;
                }
                LOCAL.get().append(id);
                sum.addAndGet(id + LOCAL.get().length() - LOCAL.get().length());
            }, "worker-" + i);
            all.add(t);
            t.start();
        }
        ready.await();
        System.out.println(all.stream().filter(Thread::isAlive).count() + " alive, counted " + (Thread.activeCount() >= n));
        go.countDown();
        for (Thread t : all) t.join();
        System.out.println(sum + " " + all.stream().filter(Thread::isAlive).count() + " " + all.get(0).getState());
    }

    static void shortLived(int n) throws Exception {
        LongAdder adder = new LongAdder();
        for (int i = 0; i < n; i++) {
            int k = i;
            Thread t = new Thread(() -> adder.add(k));
            t.start();
            if (i % 20 == 0) t.join();
            else if (i % 3 == 0) t.setName("renamed");
            t.join();
        }
        System.out.println(adder.sum());
    }

    static int counter;

    static void contended(int n) throws Exception {
        List<Thread> all = new ArrayList<>();
        Object lock = new Object();
        for (int i = 0; i < n; i++) {
            Thread t = new Thread(() -> {
                for (int k = 0; k < 100; k++) {
                    synchronized (lock) {
                        counter++;
                        if (k == 50) lock.notifyAll();
                    }
                }
            });
            all.add(t);
            t.start();
        }
        for (Thread t : all) t.join();
        System.out.println(counter);
    }

    static void waiting(int n) throws Exception {
        Object gate = new Object();
        boolean[] open = new boolean[1];
        AtomicInteger passed = new AtomicInteger(), interrupted = new AtomicInteger();
        List<Thread> all = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            Thread t = new Thread(() -> {
                synchronized (gate) {
                    try {
                        while (!open[0]) gate.wait();
                        passed.incrementAndGet();
                    } catch (InterruptedException e) {
                        interrupted.incrementAndGet();
                    }
                }
            });
            all.add(t);
            t.start();
        }
        for (Thread t : all) while (t.getState() != Thread.State.WAITING) Thread.sleep(1);
        for (int i = 0; i < n; i += 4) all.get(i).interrupt();
        for (int i = 0; i < n; i += 4) all.get(i).join();
        synchronized (gate) {
            open[0] = true;
            gate.notifyAll();
        }
        for (Thread t : all) t.join();
        System.out.println(passed + " passed, " + interrupted + " interrupted");
    }

    public static void main(String[] args) throws Exception {
        together(200);
        shortLived(2000);
        contended(100);
        waiting(100);
        ExecutorService pool = Executors.newFixedThreadPool(16);
        List<Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            int k = i;
            futures.add(pool.submit(() -> {
                if (k % 100 == 99) throw new IllegalStateException("task " + k);
                return k * k;
            }));
        }
        long sum = 0;
        for (Future<Integer> f : futures) {
            try {
                sum += f.get();
            } catch (ExecutionException e) {
                System.out.println(e.getMessage());
            }
        }
        pool.shutdown();
        System.out.println(sum + " " + pool.awaitTermination(10, TimeUnit.SECONDS));
        System.out.println(new ForkJoinPool(4).submit(() -> java.util.stream.IntStream.range(0, 100_000).parallel().mapToLong(i -> i).sum()).get());
        ThreadGroup group = new ThreadGroup("group");
        Thread t = new Thread(group, () -> System.out.println(Thread.currentThread()));
        t.start();
        t.join();
        System.out.println(group.activeCount() + " " + group.getParent().getName() + " " + t.getThreadGroup());
        try {
            t.start();
        } catch (IllegalThreadStateException e) {
            System.out.println(e);
        }
    }
}
