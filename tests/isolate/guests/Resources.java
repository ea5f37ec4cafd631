import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jdk.crac.CheckpointException;
import jdk.crac.Context;
import jdk.crac.Core;
import jdk.crac.Resource;
import jdk.crac.RestoreException;

/**
 * Resources of every kind before and after saving: registered by reflection as the public library does, in nested contexts,
 * refusing, forgotten. With "outside" there is no isolate; else a first attempt is refused, and a second one saves.
 */
public class Resources {
    private static boolean refuse = true;
    private static final List<Object> held = new ArrayList<>(); /* contexts hold their resources weakly */

    private static void say(String text) {
        System.out.println(text);
    }

    /** "!before" and "!after": it throws there, while that is wanted. */
    private static final class Noted implements Resource {
        private final String name;

        Noted(String name) {
            this.name = name;
            held.add(this);
        }

        @Override
        public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
            say("before " + name);
            if (refuse && name.startsWith("reflected"))
                throw new AssertionError(name); /* an Error is told of as exceptions are */
            if (refuse && name.endsWith("!before"))
                throw new java.io.IOException(name);
        }

        @Override
        public void afterRestore(Context<? extends Resource> context) throws Exception {
            say("after " + name);
            if (name.endsWith("!after"))
                throw new IllegalStateException(name);
        }
    }

    /** A context of a library's own: in the order of registration both times, and all exceptions in one. */
    private static final class Forward extends Context<Noted> {
        private final List<Noted> all = new ArrayList<>();

        @Override
        public void register(Noted resource) {
            all.add(resource);
        }

        @Override
        public void beforeCheckpoint(Context<? extends Resource> context) throws CheckpointException {
            CheckpointException failed = new CheckpointException();
            for (Noted resource : all)
                try {
                    resource.beforeCheckpoint(this);
                } catch (Exception e) {
                    failed.addSuppressed(e);
                }
            if (failed.getSuppressed().length > 0)
                throw failed;
        }

        @Override
        public void afterRestore(Context<? extends Resource> context) throws RestoreException {
            for (Noted resource : all)
                try {
                    resource.afterRestore(this);
                } catch (Exception e) {
                    throw new RestoreException(e.getMessage());
                }
        }
    }

    /** With nothing known of the package but names. */
    private static void registerByReflection(Noted noted) throws ReflectiveOperationException {
        Class<?> type = Class.forName("jdk.crac.Resource");
        Object global = Class.forName("jdk.crac.Core").getMethod("getGlobalContext").invoke(null);
        Object proxy = Proxy.newProxyInstance(Resources.class.getClassLoader(), new Class<?>[] {type}, (self, m, arguments) -> {
            try {
                return m.invoke(noted, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
        held.add(proxy);
        Method register = Class.forName("jdk.crac.Context").getMethod("register", type);
        register.invoke(global, proxy);
    }

    private static void attempt() {
        try {
            Core.checkpointRestore();
            say("returned");
        } catch (CheckpointException | RestoreException e) {
            say(e.getClass().getSimpleName() + " " + Arrays.toString(e.getSuppressed()));
        } catch (UnsupportedOperationException e) {
            say("unsupported: " + e.getMessage());
        }
    }

    private static void registerAll() throws ReflectiveOperationException {
        Context<Resource> global = Core.getGlobalContext();
        Forward nested = new Forward();
        held.add(nested);
        global.register(new Noted("first"));
        registerByReflection(new Noted("reflected !before"));
        nested.register(new Noted("nested one"));
        nested.register(new Noted("nested two !before"));
        nested.register(new Noted("nested three !before"));
        global.register(nested);
        global.register(new Noted("restored !after"));
        global.register(new Resource() { /* nobody holds it */
            @Override public void beforeCheckpoint(Context<? extends Resource> context) { say("before forgotten"); }
            @Override public void afterRestore(Context<? extends Resource> context) { say("after forgotten"); }
        });
        System.gc();
    }

    public static void main(String[] arguments) throws Exception {
        registerAll();
        try {
            Core.getGlobalContext().register(null);
        } catch (NullPointerException e) {
            say("null is none");
        }
        if (arguments.length > 0) {
            attempt();
            return;
        }
        while (!cloister.isolate.internal.Engine.checkpointWanted())
            Thread.sleep(5);
        attempt();
        refuse = false;
        attempt();
        say(cloister.isolate.Isolate.self().cloneNumber() > 0 ? "a clone" : "the original");
        attempt(); /* nobody waits for another one */
    }
}
