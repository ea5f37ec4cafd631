import jdk.internal.misc.Unsafe;

/** Memory and stacks that no system has are an OutOfMemoryError of who asks; a thread that could not start may be
 *  asked for again. */
public class LimitNativeMemory {
    static final Unsafe UNSAFE = Unsafe.getUnsafe();

    interface Action { void run() throws Throwable; }

    static void expect(String what, Action action) {
        try {
            action.run();
            System.out.println(what + ": no error");
        } catch (Throwable e) {
            System.out.println(what + ": " + e);
        }
    }

    public static void main(String[] args) throws Exception {
        expect("allocate", () -> UNSAFE.allocateMemory(1L << 50));
        long memory = UNSAFE.allocateMemory(16);
        UNSAFE.putLong(memory, 42);
        expect("reallocate", () -> UNSAFE.reallocateMemory(memory, 1L << 50));
        System.out.println(UNSAFE.getLong(memory));
        UNSAFE.freeMemory(memory);
        ThreadGroup group = new ThreadGroup("group");
        Thread thread = new Thread(group, () -> System.out.println("ran"), "deep", 1L << 46);
        expect("start", thread::start);
        System.out.println(thread.getState() + " " + thread.isAlive() + " " + group.activeCount());
        expect("start again", thread::start);
        Thread small = new Thread(group, () -> System.out.println("small one ran"), "small");
        small.start();
        small.join();
    }
}
