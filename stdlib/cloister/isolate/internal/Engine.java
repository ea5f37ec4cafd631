package cloister.isolate.internal;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/** The isolate that this VM runs in, if it runs in one. */
public final class Engine {
    private static final boolean INSIDE = isInside();

    private static final long SETTLING = 20_000_000; /* ns */

    private static volatile boolean expected;
    private static volatile long copy; /* what the last checkpoint has returned */

    private Engine() { }

    /** Other VMs have no hypercalls, whatever they run in: there is no isolate that this one could speak for. */
    private static boolean isInside() {
        try {
            return Hypercalls.info(new long[Hypercalls.FIGURES]) != null;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    public static boolean inside() {
        return INSIDE;
    }

    private static long figure(int index) {
        long[] figures = new long[Hypercalls.FIGURES];
        if (INSIDE)
            Hypercalls.info(figures);
        return figures[index];
    }

    /** 0 in an original and outside. */
    public static long cloneNumber() {
        return figure(Hypercalls.CLONE_NUMBER);
    }

    /** Bytes; 0 outside. */
    public static long memoryLimit() {
        return figure(Hypercalls.MEMORY_LIMIT);
    }

    public static String name() {
        return Hypercalls.info(new long[Hypercalls.FIGURES]);
    }

    /** Does anybody wait for a checkpoint? */
    public static boolean checkpointWanted() {
        return INSIDE && figure(Hypercalls.WANTED) != 0;
    }

    /** The next {@code Checkpoint.here()} is to wait for whoever saves it. */
    static void expectCheckpoint() {
        expected = true;
    }

    /** Is this the place where the program is to be saved? Waits then for whoever does it. */
    public static boolean atCheckpoint() {
        if (expected) {
            expected = false; /* clones go on */
            awaitCheckpointWanted();
        }
        return checkpointWanted();
    }

    /** Waits until somebody wants a checkpoint: for programs that are warmed up, whose end nobody else waits for. */
    public static void awaitCheckpointWanted() {
        while (INSIDE && !checkpointWanted())
            LockSupport.parkNanos(500_000);
    }

    /** Saves this isolate: 0 in the original, the clone's number in a clone, -1 when no snapshot was made. */
    public static synchronized long checkpoint() {
        if (!INSIDE)
            return -1;
        long result = Renewal.checkpoint();
        if (result != copy && result >= 0)
            copy = result;
        return result < 0 ? -1 : result;
    }

    /** Behind a checkpoint: the clone's number; 0 in the program that was saved, which may be a clone itself. */
    public static long copy() {
        return copy;
    }

    /**
     * What a collection leaves to the threads that handle references is done here, once, and not in every clone: then the
     * collection at the checkpoint finds nothing for them.
     */
    static void settle() {
        System.gc();
        LockSupport.parkNanos(SETTLING);
    }

    public static int processors() {
        return (int) figure(Hypercalls.PROCESSORS);
    }

    /** Does the monitor keep a cache? Decided anew in each clone: its options are its own. */
    public static boolean cacheShared() {
        return INSIDE && figure(Hypercalls.CACHE) != 0;
    }

    public static byte[] cacheGet(byte[] key) {
        return Hypercalls.cacheGet(key);
    }

    /** False when the cache has no room for it. */
    public static boolean cachePut(byte[] key, byte[] value, int timeToLiveSeconds) {
        return Hypercalls.cachePut(key, value, timeToLiveSeconds) == 0;
    }

    public static void note(String text) {
        if (INSIDE)
            Hypercalls.note(text.getBytes(StandardCharsets.UTF_8));
    }
}
