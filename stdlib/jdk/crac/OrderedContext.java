package jdk.crac;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** Tells its resources in the reverse order of their registration before, and in that order after. */
final class OrderedContext extends Context<Resource> {
    private final List<WeakReference<Resource>> registered = new ArrayList<>();
    private List<Resource> told = new ArrayList<>(); /* of the checkpoint in progress; last registered first */

    @Override
    public synchronized void register(Resource resource) {
        registered.removeIf(held -> held.refersTo(null));
        registered.add(new WeakReference<>(Objects.requireNonNull(resource)));
    }

    private synchronized List<Resource> lastRegisteredFirst() {
        List<Resource> resources = new ArrayList<>();
        for (WeakReference<Resource> held : registered) {
            Resource resource = held.get();
            if (resource != null)
                resources.add(resource);
        }
        Collections.reverse(resources);
        return resources;
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException {
        CheckpointException failed = null;
        told = lastRegisteredFirst();
        for (Resource resource : told)
            try {
                resource.beforeCheckpoint(this);
            } catch (Throwable e) { /* an Error as well: the others are told all the same */
                if (failed == null)
                    failed = new CheckpointException();
                add(failed, resource, e);
            }
        if (failed != null)
            throw failed;
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws RestoreException {
        RestoreException failed = null;
        List<Resource> resources = told;
        told = new ArrayList<>();
        Collections.reverse(resources);
        for (Resource resource : resources)
            try {
                resource.afterRestore(this);
            } catch (Throwable e) { /* an Error as well: the others are told all the same */
                if (failed == null)
                    failed = new RestoreException();
                add(failed, resource, e);
            }
        if (failed != null)
            throw failed;
    }

    /** A nested context's exception stands for those of its resources. */
    private static void add(Exception all, Resource from, Throwable one) {
        if (from instanceof Context && one.getClass() == all.getClass() && one.getSuppressed().length > 0)
            for (Throwable inner : one.getSuppressed())
                all.addSuppressed(inner);
        else
            all.addSuppressed(one);
    }
}
