import java.util.concurrent.CountDownLatch;

/** Waits, with a thread in an endless loop, two that wait for each other's locks, and objects to be counted. */
public class Waiting {
    static final class Counted { }

    static final Object first = new Object(), second = new Object();
    static final Counted[] counted = new Counted[1234];

    static final CountDownLatch locked = new CountDownLatch(2);

    static void lockBoth(Object a, Object b) {
        synchronized (a) {
            locked.countDown();
            try {
                locked.await();
            } catch (InterruptedException e) {
                return;
            }
            synchronized (b) {
                System.out.println("both");
            }
        }
    }

    static Thread start(String name, Runnable run) {
        Thread thread = new Thread(run, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    public static void main(String[] args) throws InterruptedException {
        for (int i = 0; i < counted.length; i++)
            counted[i] = new Counted();
        Thread one = start("one way", () -> lockBoth(first, second));
        Thread other = start("other way", () -> lockBoth(second, first));
        start("looping", () -> { while (counted != null) ; });
        while (one.getState() != Thread.State.BLOCKED || other.getState() != Thread.State.BLOCKED)
            Thread.sleep(10);
        System.out.println("waiting");
        Thread.sleep(60_000);
    }
}
