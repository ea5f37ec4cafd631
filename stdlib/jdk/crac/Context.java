package jdk.crac;

/** A group of resources, itself a resource of another context. */
public abstract class Context<R extends Resource> implements Resource {
    protected Context() { }

    @Override
    public abstract void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException;

    @Override
    public abstract void afterRestore(Context<? extends Resource> context) throws RestoreException;

    /** Registers a resource, which is held weakly: it is the caller's to keep. */
    public abstract void register(R resource);
}
