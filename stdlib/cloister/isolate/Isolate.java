package cloister.isolate;

import cloister.isolate.internal.Engine;

/** The isolate that a program runs in. */
public final class Isolate {
    private static final Isolate SELF = new Isolate();

    private Isolate() { }

    /** This one; null outside of an isolate. */
    public static Isolate self() {
        return Engine.inside() ? SELF : null;
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
