package cloister.isolate.internal;

/**
 * What a guest may ask of its monitor (include/cloister/hypercall.h), bound to the VM's own natives (native/isolate.c).
 * Results below 0 are negative errno values.
 */
final class Hypercalls {
    static final int EMSGSIZE = 90;

    /** Indexes of what {@link #info} fills in. */
    static final int CLONE_NUMBER = 0, MEMORY_LIMIT = 1, PROCESSORS = 2, WANTED = 3, CACHE = 4, FIGURES = 5;

    private Hypercalls() { }

    /** Fills in the figures; the isolate's name, or null outside of an isolate. */
    static native String info(long[] figures);

    /**
     * Collects, stops every thread at a safepoint and is saved there. 0 in the original, the clone's number in a clone,
     * -EAGAIN when nobody wanted a snapshot. In a clone the places are renewed before any thread goes on.
     */
    static native long checkpoint(Object[] owners, long[] offsets, byte[] kinds);

    /** Renews the places: each is a field at an offset of its owner, and gets what its kind says. */
    static native void renew(Object[] owners, long[] offsets, byte[] kinds);

    /** Where a field lies in its object, or a static one in its class. */
    static native long offset(java.lang.reflect.Field field);

    /** Waits for the next message; null when no more come. One that equals `expected` is that array, as in a rehearsal. */
    static native byte[] nextCall(byte[] expected, boolean rehearsal);

    /** Answers the message that nextCall gave. */
    static native int reply(int status, byte[] data, int offset, int length);

    /** The value, or null. */
    static native byte[] cacheGet(byte[] key);

    /** timeToLive in seconds, 0: for ever. A null value removes the key. */
    static native int cachePut(byte[] key, byte[] value, int timeToLive);

    /** An event for `cloister events`. */
    static native int note(byte[] text);

    /** Every live instance of a class and its subclasses: costs a collection. */
    static native Object[] instances(Class<?> type);

    /** The class when the loader has it and it is initialized, else null: loads nothing. null: the boot loader. */
    static native Class<?> initialized(ClassLoader loader, String name);

    /** Does what first executions in this class will do, as far as nobody can see it: of the system class loader's. */
    static native void anticipate(Class<?> type);

    /** Calls main(String[]) as the launcher does. */
    @Launcher
    static native void callMain(Class<?> owner, String[] arguments);

    /** Ends the VM with status 0, unless another thread keeps it alive: for programs without hooks, after their main. */
    static native void endIfLast(boolean rehearsal);

    /** Ends the VM with status 0 at once. */
    static native void halt();

    /** Lets this package see the private members of a package of `module`. */
    static native void open(Module module, String packageName);
}
