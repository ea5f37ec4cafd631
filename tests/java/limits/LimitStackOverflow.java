// StackOverflowError survived 100,000 times, in plain, synchronized, reflective and lambda recursion, with locks released.
public class LimitStackOverflow {
    static int depth;

    static void plain() {
        depth++;
        plain();
    }

    /** Recursion that leaves only a little stack, so that overflowing again and again stays cheap. */
    static int repeat(int left, int times) {
        if (left > 0) return repeat(left - 1, times);
        int caught = 0;
        for (int i = 0; i < times; i++) {
            try {
                plain();
            } catch (StackOverflowError e) {
                caught++;
            }
        }
        return caught;
    }

    static synchronized void locked(int n) {
        locked(n + 1);
    }

    static long manyLocals(long a, double b, String c) {
        long d = a * 2, e = a + 3, f = d - e;
        double g = b * 2, h = g + d;
        return manyLocals(d + e + f, g + h, c) + d + e + f + (long) (g + h);
    }

    static void reflective() {
        try {
            LimitStackOverflow.class.getDeclaredMethod("reflective").invoke(null);
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof StackOverflowError s) throw s;
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    static void withFinally() {
        try {
            withFinally();
        } finally {
            depth++;
        }
    }

    static Runnable self;
    static Object cyclic = new Object() { @Override public String toString() { return "x" + cyclic; } };

    static void survive(String what, Runnable r) {
        try {
            r.run();
            System.out.println(what + " returned");
        } catch (StackOverflowError e) {
            System.out.println(what + " overflowed " + e.getMessage() + " " + (e.getStackTrace().length == 1024) + " " + (e.getStackTrace()[1000].getLineNumber() > 0));
        }
    }

    public static void main(String[] args) throws Exception {
        survive("plain", LimitStackOverflow::plain);
        System.out.println("more than 5000 frames: " + (depth > 5000));
        survive("locked", () -> locked(0));
        System.out.println(Thread.holdsLock(LimitStackOverflow.class));
        survive("locals", () -> manyLocals(1, 2, "c"));
        self = () -> self.run();
        survive("lambda", self);
        survive("reflective", LimitStackOverflow::reflective);
        survive("toString", () -> cyclic.toString().length());
        depth = 0;
        survive("finally", LimitStackOverflow::withFinally);
        System.out.println("finally blocks ran: " + (depth > 1000));
        // A thread of a small stack, most of it used: 100,000 overflows.
        int[] caught = new int[1];
        Thread small = new Thread(null, () -> {
            int low = 0, high = 1 << 20;
            while (high - low > 64) {
                int middle = (low + high) >>> 1;
                try {
                    repeat(middle, 0);
                    low = middle;
                } catch (StackOverflowError e) {
                    high = middle;
                }
            }
            // 100 to 200 frames are left.
            caught[0] = repeat(Math.max(low - 100, 0), 100_000);
        }, "small", 256 * 1024);
        small.start();
        small.join();
        System.out.println("caught " + caught[0]);
        Thread[] threads = new Thread[4];
        int[] each = new int[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int id = t;
            threads[t] = new Thread(() -> each[id] = repeat(0, 20));
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(java.util.Arrays.toString(each));
        System.out.println("alive " + new StringBuilder("after").reverse());
    }
}
