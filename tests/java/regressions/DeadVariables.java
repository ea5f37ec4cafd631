import java.lang.ref.Cleaner;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.SynchronousQueue;

/** Objects that only variables out of scope, or operands of finished calls, still name: a collection clears them. */
public class DeadVariables {
    static final SynchronousQueue<Object> queue = new SynchronousQueue<>();

    static boolean cleared(Reference<?> reference) throws InterruptedException {
        for (int i = 0; i < 20 && !reference.refersTo(null); i++) {
            System.gc();
            Thread.sleep(5);
        }
        return reference.refersTo(null);
    }

    /** The loops' variables are out of scope, but their slots hold what they held. */
    static void loops() throws InterruptedException {
        Object first = new Object(), second = new Object();
        WeakReference<Object> one = new WeakReference<>(first), two = new WeakReference<>(second);
        int nulls = 0;
        for (Object outer : new Object[] {null, first})
            for (Object inner : new Object[] {null, second})
                nulls += outer == null || inner == null ? 1 : 0;
        System.out.println(nulls + " " + (one.get() == first && two.get() == second));
        System.gc();
        System.out.println("kept: " + (one.get() != null && two.get() != null));
        first = null;
        second = null;
        System.out.println("loops: " + cleared(one) + " " + cleared(two));
    }

    static void receive() {
        try {
            while (true) {
                Object received = queue.take();
                if (received == queue)
                    return;
            }
        } catch (InterruptedException e) {
            System.out.println(e);
        }
    }

    /** A thread that waits for the next one has done with the last one. */
    static void anotherThread() throws InterruptedException {
        Thread receiver = new Thread(DeadVariables::receive);
        receiver.start();
        WeakReference<Object> sent = send();
        System.out.println("another thread: " + cleared(sent));
        queue.put(queue);
        receiver.join();
    }

    static WeakReference<Object> send() throws InterruptedException {
        Object o = new Object();
        queue.put(o);
        return new WeakReference<>(o);
    }

    /** The cleaner's own thread must not keep the last Cleanable that it ran. */
    static void cleaner() throws InterruptedException {
        Cleaner cleaner = Cleaner.create();
        WeakReference<Cleaner.Cleanable> cleanable = register(cleaner);
        System.out.println("cleanable: " + cleared(cleanable));
        ReferenceQueue<Object> ended = new ReferenceQueue<>();
        PhantomReference<Object> end = new PhantomReference<>(cleaner, ended);
        cleaner = null;
        Reference<?> found = null;
        for (int i = 0; i < 20 && found == null; i++) {
            System.gc();
            found = ended.remove(100);
        }
        System.out.println("cleaner: " + (found == end));
    }

    static WeakReference<Cleaner.Cleanable> register(Cleaner cleaner) {
        return new WeakReference<>(cleaner.register(new Object(), () -> { }));
    }

    /** One collection is enough: nothing on the stacks names the timer, whose thread ends then. */
    static void timer() throws InterruptedException {
        Thread[] thread = new Thread[1];
        SynchronousQueue<Thread> started = new SynchronousQueue<>();
        Timer timer = new Timer();
        timer.schedule(new TimerTask() {
            @Override
            public void run() {
                try {
                    started.put(Thread.currentThread());
                } catch (InterruptedException e) {
                    System.out.println(e);
                }
            }
        }, 0);
        thread[0] = started.take();
        timer = null;
        System.gc();
        thread[0].join(10000);
        System.out.println("timer: " + !thread[0].isAlive());
    }

    /** Variables that are still in scope keep what they hold, whatever else shares their slots' kinds. */
    static void kept(long wide, Object argument, int count) throws InterruptedException {
        double real = wide * 0.5;
        Object last = null;
        for (int i = 0; i < count; i++) {
            Object o = new Object();
            long value = wide + i;
            try {
                last = o;
                System.gc();
                if (value % 2 == 0)
                    throw new IllegalStateException();
            } catch (IllegalStateException e) {
                String text = "even";
                System.gc();
                System.out.println(text + " " + value + " " + (o == last) + " " + e.getMessage());
            }
        }
        System.gc();
        System.out.println(wide + " " + real + " " + argument + " " + (last != null) + " " + count);
    }

    static int deep(int depth, Object o) {
        if (depth == 0) {
            System.gc();
            return o.hashCode() == 0 ? 1 : 0;
        }
        return deep(depth - 1, o) + (o == null ? 1 : 0);
    }

    public static void main(String[] args) throws InterruptedException {
        loops();
        anotherThread();
        cleaner();
        timer();
        kept(41, "argument", 3);
        System.out.println(deep(2000, "deep"));
    }
}
