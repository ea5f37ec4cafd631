package jdk.crac;

import cloister.isolate.internal.Engine;

/** Coordinated restore at checkpoint: the API that libraries register their resources with. */
public final class Core {
    private static final Context<Resource> GLOBAL = new OrderedContext();
    private static final Object LOCK = new Object();

    private Core() { }

    /** The context of the whole program. */
    public static Context<Resource> getGlobalContext() {
        return GLOBAL;
    }

    /** Runs once what clones run: what was executed before writes no caches in them. */
    private static void rehearse() throws CheckpointException, RestoreException {
        Context<Resource> empty = new OrderedContext();
        empty.beforeCheckpoint(null);
        empty.afterRestore(null);
    }

    /**
     * Saves the program and returns in the original and in every clone.
     *
     * @throws UnsupportedOperationException outside of an isolate, and when nobody waits for a snapshot
     * @throws CheckpointException when a resource refused: nothing was saved
     * @throws RestoreException when a resource failed afterwards
     */
    public static void checkpointRestore() throws CheckpointException, RestoreException {
        if (!Engine.checkpointWanted())
            throw new UnsupportedOperationException(Engine.inside()
                ? "nobody waits for a snapshot of this isolate: see cloister warm" : "this VM does not run in an isolate");
        synchronized (LOCK) {
            CheckpointException refused = null;
            rehearse();
            try {
                GLOBAL.beforeCheckpoint(null);
                if (Engine.checkpoint() < 0)
                    refused = new CheckpointException("the snapshot could not be made");
            } catch (CheckpointException e) {
                refused = e;
            }
            try {
                GLOBAL.afterRestore(null);
            } catch (RestoreException e) {
                if (refused == null)
                    throw e;
                for (Throwable inner : e.getSuppressed())
                    refused.addSuppressed(inner);
            }
            if (refused != null)
                throw refused;
        }
    }
}
