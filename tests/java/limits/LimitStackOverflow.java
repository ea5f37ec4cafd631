// StackOverflowError survived 100,000 times, in plain, synchronized, reflective and lambda recursion, with locks released.
public class LimitStackOverflow {
    static int depth;

    static void plain() {
        depth++;
        plain();
    }

    static Runnable overflow;
    static int caught;

    /** Called with nearly all of the stack used, so that overflowing again and again stays cheap. */
    public static void overflowOften(int times) {
        for (int i = 0; i < times; i++) {
            try {
                overflow.run();
            } catch (StackOverflowError e) {
                caught++;
            }
        }
    }

    /** Methods with frames of more than 2,000 bytes: 126 long arguments each. */
    static ClassBytes deep() {
        ClassBytes c = new ClassBytes("public", "Deep", "java/lang/Object", "java/lang/Runnable").constructor("java/lang/Object");
        String longs = "J".repeat(126);
        StringBuilder load = new StringBuilder(), zeros = new StringBuilder();
        for (int i = 0; i < 126; i++) {
            load.append(" | lload ").append(2 + 2 * i);
            zeros.append(" | lconst_0");
        }
        c.method("public static", "endless", "(" + longs + ")V", ".stack 300 | .locals 300 | lconst_0" + load.toString().replaceFirst(" \\| lload 252", "")
                 + " | invokestatic Deep.endless (" + longs + ")V | return");
        c.method("public", "run", "()V", ".stack 300" + zeros + " | invokestatic Deep.endless (" + longs + ")V | return");
        c.method("public static", "eat", "(II" + longs + ")V", ".stack 300 | .locals 300 | iload_0 | ifeq bottom | iinc 0 -1 | iload_0 | iload_1" + load
                 + " | invokestatic Deep.eat (II" + longs + ")V | return | bottom: | iload_1 | invokestatic LimitStackOverflow.overflowOften (I)V | return");
        return c.method("public static", "start", "(II)V", ".stack 300 | iload_0 | iload_1" + zeros + " | invokestatic Deep.eat (II" + longs + ")V | return");
    }

    static void often(ClassBytes.Loader loader, int times) {
        try {
            overflow = (Runnable) loader.loadClass("Deep").getDeclaredConstructor().newInstance();
            var start = loader.loadClass("Deep").getMethod("start", int.class, int.class);
            int low = 0, high = 1 << 16;
            while (high - low > 1) {
                int middle = (low + high) >>> 1;
                try {
                    start.invoke(null, middle, 0);
                    low = middle;
                } catch (java.lang.reflect.InvocationTargetException | StackOverflowError e) {
                    high = middle;
                }
            }
            System.out.println("frames of 2,000 bytes fit: " + (low > 10));
            start.invoke(null, Math.max(low - 5, 0), times);
        } catch (ReflectiveOperationException e) {
            System.out.println(e + " " + e.getCause());
        }
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
            System.out.println(what + " overflowed " + e.getMessage() + " " + (e.getStackTrace().length == 1024));
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
        ClassBytes.Loader loader = new ClassBytes.Loader(deep());
        Thread small = new Thread(null, () -> often(loader, 100_000), "small", 256 * 1024);
        small.start();
        small.join();
        System.out.println("caught " + caught);
        Thread[] threads = new Thread[4];
        int[] each = new int[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int id = t;
            threads[t] = new Thread(() -> {
                for (int i = 0; i < 20; i++) {
                    try {
                        plain();
                    } catch (StackOverflowError e) {
                        each[id]++;
                    }
                }
            });
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(java.util.Arrays.toString(each));
        System.out.println("alive " + new StringBuilder("after").reverse());
    }
}
