package cloister.isolate.internal;

import java.io.IOException;

/** libcloister, by libcloister-java (isolate/java/library.c): handles are its own, and safe for one thread at a time. */
final class Library {
    static {
        System.loadLibrary("cloister-java");
    }

    private Library() { }

    /** A zygote of an image; the options are those of cloister-zygote(1). */
    static native long open(byte[] image, byte[][] options, int standbys) throws IOException;

    static native void close(long zygote);

    /** Of one zygote for many threads at once. */
    static native long clone(long zygote) throws IOException;

    static native void free(long clone);

    static native void reset(long clone) throws IOException;

    /** handler empty: the program's own. milliseconds 0: for ever. Puts a status of CallException's into status[0]. */
    static native byte[] call(long clone, byte[] handler, boolean json, byte[] message, int milliseconds, int[] status)
        throws IOException;
}
