// A million StackOverflowErrors caught and survived close to the end of the stack, and depths that grow with the stack.
public class LimitMillionOverflows {
    static final int TIMES = 1_000_000;
    static int caught, depth;
    static Object lock = new Object();

    static final int FRAMES = 40;
    static Runnable overflow;
    static java.lang.reflect.Method fill;

    /** Frames of 8,000 bytes: few fit, which keeps each overflow cheap on VMs that look at all frames when one happens. */
    static ClassBytes wide() {
        ClassBytes c = new ClassBytes("public", "Wide", "java/lang/Object", "java/lang/Runnable").constructor("java/lang/Object");
        c.method("public static", "endless", "()V", ".locals 1000 | invokestatic Wide.endless ()V | return");
        c.method("public", "run", "()V", "invokestatic Wide.endless ()V | return");
        return c.method("public static", "fill", "(II)V", ".locals 1000 | iload_0 | ifeq bottom | iload_0 | iconst_1 | isub | iload_1 "
            + "| invokestatic Wide.fill (II)V | return | bottom: | iload_1 | invokestatic LimitMillionOverflows.often (I)V | return");
    }

    /** Called with nearly all of the stack used. */
    public static void often(int times) {
        while (caught < times) {
            try {
                overflow.run();
            } catch (StackOverflowError e) {
                caught++;
            }
        }
    }

    /** As close to the limit as is possible with room for what `often` calls. */
    static void oftenAtLimit(int times) throws Exception {
        int frames = FRAMES;
        while (!fits(frames)) frames--;
        fill.invoke(null, Math.max(frames - 2, 0), times);
        System.out.println("caught " + (caught >= times));
    }

    static boolean fits(int frames) throws Exception {
        try {
            fill.invoke(null, frames, 0);
            return true;
        } catch (java.lang.reflect.InvocationTargetException e) {
            if (e.getCause() instanceof StackOverflowError) return false;
            throw e;
        } catch (StackOverflowError e) { // in reflection's own frames
            return false;
        }
    }

    static void locking(int times) {
        try {
            synchronized (lock) {
                locking(times);
            }
        } catch (StackOverflowError e) {
            caught++;
        }
        while (caught < times) {
            try {
                synchronized (lock) {
                    overflow.run();
                }
            } catch (StackOverflowError e) {
                caught++;
            } finally {
                depth = 0;
            }
        }
    }

    static void probe() {
        depth++;
        probe();
    }

    static int depthOf(long stack) throws InterruptedException {
        int[] result = new int[1];
        Thread t = new Thread(null, () -> {
            depth = 0;
            try {
                probe();
            } catch (StackOverflowError e) {
                result[0] = depth;
            }
        }, "deep", stack);
        t.start();
        t.join();
        return result[0];
    }

    /** Links everything while there is stack for it. */
    static void overflowOnce() {
        try {
            overflow.run();
        } catch (StackOverflowError e) {
            System.out.println(e);
        }
    }

    public static void main(String[] args) throws Exception {
        Class<?> wide = new ClassBytes.Loader(wide()).loadClass("Wide");
        overflow = (Runnable) wide.getDeclaredConstructor().newInstance();
        fill = wide.getMethod("fill", int.class, int.class);
        overflowOnce();
        oftenAtLimit(TIMES);
        caught = 0;
        locking(1000);
        System.out.println("caught " + (caught >= 1000) + ", still locked " + Thread.holdsLock(lock) + " " + Thread.holdsLock(LimitMillionOverflows.class));
        int small = depthOf(512 << 10), middle = depthOf(4 << 20), large = depthOf(64 << 20);
        System.out.println("scales " + (middle > 5 * small && middle < 20 * small) + " " + (large > 10 * middle && large < 24 * middle));
        System.out.println("still works " + new StringBuilder("ko").reverse() + " " + java.util.List.of(1, 2, 3).stream().mapToInt(i -> i).sum());
    }
}
