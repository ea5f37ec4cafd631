package cloister.isolate;

import cloister.isolate.internal.Engine;
import jdk.crac.CheckpointException;
import jdk.crac.Core;
import jdk.crac.RestoreException;

/** The point at which a program is saved, so that clones go on from there. */
public final class Checkpoint {
    private Checkpoint() { }

    /**
     * Saves the program here when somebody waits for that ({@code cloister warm}, {@code cloister save --checkpoint}),
     * and returns at once otherwise, inside and outside of an isolate. Resources registered with {@code jdk.crac} are
     * told before and after.
     *
     * @return the clone's number (1, 2, ...) in a clone; 0 in the original, outside, and when nobody waits
     * @throws IllegalStateException when a resource refused: the program was not saved and can go on
     */
    public static long here() {
        if (!Engine.atCheckpoint())
            return 0;
        try {
            Core.checkpointRestore();
        } catch (CheckpointException | RestoreException e) {
            throw new IllegalStateException("a resource refused the checkpoint", e);
        }
        return Engine.copy();
    }
}
