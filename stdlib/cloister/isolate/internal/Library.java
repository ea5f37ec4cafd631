package cloister.isolate.internal;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;

/** libcloister, by libcloister-java (isolate/java/library.c): handles are its own, and safe for one thread at a time. */
final class Library {
    static {
        load();
    }

    /** From the VM's own folder; on another VM from the folder of the jar, where it has been installed. */
    private static void load() {
        CodeSource source = Library.class.getProtectionDomain().getCodeSource();
        if (source == null || source.getLocation() == null) {
            System.loadLibrary("cloister-java");
            return;
        }
        try {
            System.load(Path.of(source.getLocation().toURI()).resolveSibling("libcloister-java.so").toString());
        } catch (URISyntaxException e) {
            throw new UnsatisfiedLinkError(e.getMessage());
        }
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
