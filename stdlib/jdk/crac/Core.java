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

    /**
     * Tells the resources, saves and tells them again. A rehearsal saves nothing: what was executed before writes no caches
     * in clones.
     *
     * @return why nothing was saved, or null
     */
    private static CheckpointException save(Context<Resource> context, boolean rehearsal) throws RestoreException {
        CheckpointException refused = null;
        try {
            context.beforeCheckpoint(null);
            if (!rehearsal && Engine.checkpoint() < 0)
                refused = new CheckpointException("the snapshot could not be made");
        } catch (CheckpointException e) {
            refused = e;
        }
        try {
            context.afterRestore(null);
        } catch (RestoreException e) {
            if (refused == null)
                throw e;
            for (Throwable inner : e.getSuppressed())
                refused.addSuppressed(inner);
        }
        return refused;
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
            for (boolean rehearsal : new boolean[] {true, false})
                refused = save(rehearsal ? new OrderedContext() : GLOBAL, rehearsal);
            if (refused != null)
                throw refused;
        }
    }
}
