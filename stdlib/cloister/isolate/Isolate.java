package cloister.isolate;

import cloister.isolate.internal.Engine;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The isolate that a program runs in; and, outside of one, the way into others. */
public final class Isolate {
    private static final Isolate SELF = new Isolate();

    private Isolate() { }

    /** This one; null outside of an isolate. */
    public static Isolate self() {
        return Engine.inside() ? SELF : null;
    }

    /** As {@link #open(String, Duration, String...)}, with 30 seconds for each call. */
    public static Program open(String image, String... options) throws IOException, InterruptedException {
        return open(image, Duration.ofSeconds(30), options);
    }

    /**
     * Opens a Java program that answers calls. Its snapshot is made first when there is none that fits; the program is ready
     * when this returns, and is to be closed.
     *
     * @param image a program image (cloister-build(1)), or a snapshot
     * @param deadline for each call; a call that takes longer ends with {@link CallException.Status#LATE}
     * @param options limits and what else isolates are given, as cloister-zygote(1) takes them: "--memory=256M"
     * @throws NestedIsolateException inside of an isolate
     * @throws IOException when it cannot be opened: the message says why, and what to do
     */
    public static Program open(String image, Duration deadline, String... options)
        throws IOException, InterruptedException {
        if (Engine.inside())
            throw new NestedIsolateException();
        return new Program(image, List.of(options), deadline);
    }

    public String name() {
        return Engine.name();
    }

    /** 1, 2, ... in clones of a snapshot, different in each; 0 in an original. */
    public long cloneNumber() {
        return Engine.cloneNumber();
    }

    /** Bytes that the isolate may commit, heap and everything else. */
    public long memoryLimit() {
        return Engine.memoryLimit();
    }

    public int processors() {
        return Engine.processors();
    }

    /** Something for {@code cloister events}: one line of at most 180 bytes. */
    public void note(String text) {
        Engine.note(text);
    }
}
