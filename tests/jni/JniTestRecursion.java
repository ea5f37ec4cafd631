/** Recursion without end through native code: StackOverflowError each time, and everything works afterwards. */
public class JniTestRecursion {
    static native void call(Runnable r);
    static native Object callLarge(Runnable r, Object o);
    static native boolean swallow(Runnable r);
    static native void inAttachedThread(Runnable r);

    interface Case {
        void run();
    }

    static int depth;
    static final Object lock = new Object();

    static void plain() {
        depth++;
        call(JniTestRecursion::plain);
    }

    static void large() {
        depth++;
        callLarge(JniTestRecursion::large, "argument " + depth);
    }

    static void locked() {
        depth++;
        synchronized (lock) {
            call(JniTestRecursion::locked);
        }
    }

    static synchronized void lockedMethod() {
        depth++;
        call(JniTestRecursion::lockedMethod);
    }

    static void reflected() {
        depth++;
        try {
            JniTestRecursion.class.getDeclaredMethod("throughReflection").invoke(null);
        } catch (java.lang.reflect.InvocationTargetException e) {
            throw (Error) e.getCause();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    static void throughReflection() {
        call(JniTestRecursion::reflected);
    }

    static int finals;

    static void finallys() {
        depth++;
        try {
            call(JniTestRecursion::finallys);
        } finally {
            finals++;
        }
    }

    static String attempt(Case recursion) {
        depth = 0;
        try {
            recursion.run();
            return "returned";
        } catch (StackOverflowError e) {
            return e.getClass().getName() + " " + (depth > 20) + " " + (e.getStackTrace().length > 20);
        }
    }

    static void repeat(String what, int times, Case recursion) {
        String first = attempt(recursion);
        int same = 1;
        for (int i = 1; i < times; i++)
            same += attempt(recursion).equals(first) ? 1 : 0;
        System.out.println(what + ": " + first + ", " + same + " times; lock held: " + Thread.holdsLock(lock));
    }

    static void all(int times) {
        repeat("plain", times, JniTestRecursion::plain);
        repeat("large", times, JniTestRecursion::large);
        repeat("locked", times, JniTestRecursion::locked);
        repeat("locked method", times, JniTestRecursion::lockedMethod);
        repeat("reflected", times, JniTestRecursion::reflected);
        repeat("finally", times, JniTestRecursion::finallys);
        int swallowed = 0;
        for (int i = 0; i < times; i++)
            swallowed += swallow(JniTestRecursion::plain) ? 1 : 0;
        System.out.println("swallowed by native code: " + swallowed);
    }

    public static void main(String[] args) throws Exception {
        JniTest.load();
        all(30);
        for (long size : new long[] {0, 512 << 10, 4 << 20}) {
            Thread thread = new Thread(null, () -> all(5), "stack of " + size, size);
            System.out.println(thread.getName());
            thread.start();
            thread.join();
        }
        System.out.println("attached");
        inAttachedThread(() -> all(5));
        System.gc();
        call(() -> System.out.println("still works"));
    }
}
