// A million StackOverflowErrors caught and survived close to the end of the stack, and depths that grow with the stack.
public class LimitMillionOverflows {
    static final int TIMES = 1_000_000;
    static int caught, depth;
    static Object lock = new Object();

    /** Overflows as often as wanted from the deepest frames, then returns through all of them. */
    static void often(int times) {
        try {
            often(times);
        } catch (StackOverflowError e) {
            caught++;
        }
        while (caught < times) {
            try {
                deeper(1, 2.0);
            } catch (StackOverflowError e) {
                caught++;
            }
        }
    }

    static long deeper(long a, double b) {
        return deeper(a + 1, b * 2) + (long) b;
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
                    lockedDeeper();
                }
            } catch (StackOverflowError e) {
                caught++;
            } finally {
                depth = 0;
            }
        }
    }

    static synchronized void lockedDeeper() {
        lockedDeeper();
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

    public static void main(String[] args) throws InterruptedException {
        often(TIMES - 100_000);
        System.out.println("caught " + (caught >= TIMES - 100_000));
        caught = 0;
        locking(100_000);
        System.out.println("caught " + (caught >= 100_000) + " " + Thread.holdsLock(lock) + " " + Thread.holdsLock(LimitMillionOverflows.class));
        int small = depthOf(512 << 10), middle = depthOf(4 << 20), large = depthOf(64 << 20);
        System.out.println("scales " + (middle > 5 * small && middle < 20 * small) + " " + (large > 10 * middle && large < 24 * middle));
        System.out.println("still works " + new StringBuilder("ko").reverse() + " " + java.util.List.of(1, 2, 3).stream().mapToInt(i -> i).sum());
    }
}
