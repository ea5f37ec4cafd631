import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.concurrent.locks.*;

/* Executors, CompletableFuture, timers, synchronizers, atomics, fork/join. */
public class Futures {
    static class Fib extends RecursiveTask<Long> { final int n; Fib(int n) { this.n = n; } @Override protected Long compute() { if (n < 10) return seq(n); Fib f = new Fib(n - 1); f.fork(); return new Fib(n - 2).compute() + f.join(); } static long seq(int n) { return n < 2 ? n : seq(n - 1) + seq(n - 2); } }

    static void completable() throws Exception {
        CompletableFuture<Integer> a = CompletableFuture.supplyAsync(() -> 20), b = CompletableFuture.supplyAsync(() -> 22);
        System.out.println(a.thenCombine(b, Integer::sum).thenApply(x -> "sum " + x).get(5, TimeUnit.SECONDS) + " " + a.thenCompose(x -> CompletableFuture.completedFuture(x + 1)).join());
        CompletableFuture<Integer> bad = CompletableFuture.supplyAsync(() -> { throw new IllegalStateException("async"); });
        try { bad.get(); } catch (ExecutionException e) { System.out.println(e.getMessage() + " " + e.getCause()); }
        try { bad.join(); } catch (CompletionException e) { System.out.println(e.getMessage()); }
        System.out.println(bad.exceptionally(t -> -1).join() + " " + bad.handle((v, t) -> t.getClass().getSimpleName()).join() + " " + bad.isCompletedExceptionally() + " " + CompletableFuture.allOf(a, b).thenApply(v -> "all").join() + " " + CompletableFuture.anyOf(CompletableFuture.completedFuture("any"), new CompletableFuture<>()).join());
        CompletableFuture<String> slow = new CompletableFuture<>();
        try { slow.get(10, TimeUnit.MILLISECONDS); } catch (TimeoutException e) { System.out.println(e); }
        System.out.println(slow.copy().completeOnTimeout("default", 10, TimeUnit.MILLISECONDS).join() + " " + slow.getNow("now") + " " + slow.complete("done") + " " + slow.complete("again") + " " + slow.join());
        try { new CompletableFuture<>().orTimeout(10, TimeUnit.MILLISECONDS).join(); } catch (CompletionException e) { System.out.println(e.getCause()); }
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        System.out.println(cancelled.cancel(true) + " " + cancelled.isCancelled());
        List<CompletableFuture<Integer>> many = new ArrayList<>();
        for (int i = 0; i < 200; i++) { int n = i; many.add(CompletableFuture.supplyAsync(() -> n * n)); }
        System.out.println(many.stream().mapToInt(CompletableFuture::join).sum());
    }
    static void executors() throws Exception {
        ExecutorService ex = Executors.newFixedThreadPool(3);
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int i = 0; i < 10; i++) { int n = i; tasks.add(() -> n * 10); }
        int sum = 0;
        for (Future<Integer> f : ex.invokeAll(tasks)) sum += f.get();
        System.out.println(sum + " " + (ex.invokeAny(tasks) % 10 == 0));
        CountDownLatch asleep = new CountDownLatch(1), woken = new CountDownLatch(1);
        Future<?> sleeping = ex.submit(() -> { asleep.countDown(); try { Thread.sleep(60000); } catch (InterruptedException e) { System.out.println("interrupted"); woken.countDown(); } });
        asleep.await();
        String outcome = sleeping.cancel(true) + " " + sleeping.isDone();
        woken.await();
        System.out.println(outcome);
        try { sleeping.get(); } catch (CancellationException e) { System.out.println("cancelled"); }
        ex.shutdown();
        System.out.println(ex.awaitTermination(5, TimeUnit.SECONDS) + " " + ex.isTerminated());
        try { ex.submit(() -> 1); } catch (RejectedExecutionException e) { System.out.println("rejected"); }
        ScheduledExecutorService s = Executors.newScheduledThreadPool(2);
        AtomicInteger ticks = new AtomicInteger();
        CountDownLatch three = new CountDownLatch(3);
        ScheduledFuture<?> rate = s.scheduleAtFixedRate(() -> { ticks.incrementAndGet(); three.countDown(); }, 0, 5, TimeUnit.MILLISECONDS);
        System.out.println(three.await(5, TimeUnit.SECONDS) + " " + rate.cancel(false) + " " + s.schedule(() -> "later", 5, TimeUnit.MILLISECONDS).get() + " " + (ticks.get() >= 3));
        s.shutdownNow();
        Timer timer = new Timer("timer", true);
        BlockingQueue<String> fired = new LinkedBlockingQueue<>();
        timer.schedule(new TimerTask() { int n; public void run() { fired.add("tick" + n); if (++n == 3) cancel(); } }, 1, 2);
        System.out.println(fired.take() + fired.take() + fired.take() + " " + fired.poll(30, TimeUnit.MILLISECONDS));
        timer.cancel();
        System.out.println(ForkJoinPool.commonPool().invoke(new Fib(22)) + " " + new ForkJoinPool(2).submit(new Fib(20)).get());
    }
    static void synchronizers() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(3, () -> System.out.print("barrier "));
        Phaser ph = new Phaser(1);
        Semaphore sem = new Semaphore(2);
        Exchanger<String> exch = new Exchanger<>();
        ReentrantReadWriteLock rw = new ReentrantReadWriteLock();
        StampedLock st = new StampedLock();
        AtomicLong total = new AtomicLong(); LongAdder adder = new LongAdder(); int[] guarded = {0};
        Thread[] ts = new Thread[3];
        for (int i = 0; i < 3; i++) {
            ph.register();
            ts[i] = new Thread(() -> {
                try {
                    barrier.await();
                    for (int k = 0; k < 500; k++) {
                        sem.acquire(); total.incrementAndGet(); adder.increment(); sem.release();
                        rw.writeLock().lock(); try { guarded[0]++; } finally { rw.writeLock().unlock(); }
                        long w = st.writeLock(); try { guarded[0]++; } finally { st.unlockWrite(w); }
                    }
                    ph.arriveAndDeregister();
                } catch (Exception e) { System.out.println(e); }
            });
            ts[i].start();
        }
        ph.arriveAndAwaitAdvance();
        for (Thread t : ts) t.join();
        System.out.println(total + " " + adder + " " + (guarded[0] > 1500 && guarded[0] <= 3000) + " " + ph.getPhase() + " " + sem.availablePermits());
        Thread x = new Thread(() -> { try { System.out.print(exch.exchange("from thread") + " "); } catch (InterruptedException e) { System.out.println(e); } });
        x.start();
        String got = exch.exchange("from main");
        x.join();
        System.out.println(got);
        ReentrantLock lock = new ReentrantLock(true);
        Condition ready = lock.newCondition();
        boolean[] flag = {false};
        Thread waiter = new Thread(() -> { lock.lock(); try { while (!flag[0]) ready.await(); System.out.println("condition " + lock.getHoldCount()); } catch (InterruptedException e) { System.out.println(e); } finally { lock.unlock(); } });
        waiter.start();
        for (boolean waits = false; !waits; lock.unlock()) { Thread.sleep(5); lock.lock(); waits = lock.hasWaiters(ready); }
        lock.lock(); flag[0] = true; ready.signalAll(); System.out.println(lock.isHeldByCurrentThread() + " " + lock.hasWaiters(ready)); lock.unlock();
        waiter.join();
        try { lock.unlock(); } catch (IllegalMonitorStateException e) { System.out.println(e); }
        System.out.println(new AtomicReference<>("a").getAndUpdate(v -> v + "b") + " " + new AtomicIntegerArray(new int[] {1, 2}).accumulateAndGet(1, 5, Math::max) + " " + new AtomicStampedReference<>("r", 1).compareAndSet("r", "q", 1, 2) + " " + AtomicIntegerFieldUpdater.newUpdater(Box.class, "v").addAndGet(new Box(), 4) + " " + AtomicReferenceFieldUpdater.newUpdater(Box.class, String.class, "s").getAndSet(new Box(), "n"));
        LockSupport.unpark(Thread.currentThread()); LockSupport.park(); LockSupport.parkNanos(1000);
        Thread.currentThread().interrupt();
        try { new CountDownLatch(1).await(); } catch (InterruptedException e) { System.out.println("latch interrupted " + Thread.interrupted()); }
        SubmissionPublisher<Integer> pub = new SubmissionPublisher<>();
        CompletableFuture<Void> consumed = pub.consume(i -> adder.add(i));
        for (int i = 0; i < 10; i++) pub.submit(i);
        pub.close(); consumed.join();
        System.out.println(adder.sum());
    }
    static class Box { volatile int v; volatile String s = "s"; }
    public static void main(String[] args) throws Exception { completable(); executors(); synchronizers(); System.exit(0); }
}
