import java.security.*;
import java.util.*;

/** Access-control contexts and callers from the stack: doPrivileged, a SecurityManager, getClassContext, caller-sensitive calls. */
public class AccessContexts {
    static class Watch extends SecurityManager {
        final Set<String> names = new LinkedHashSet<>();
        @Override public void checkPermission(Permission p) {
            if (p.getName().equals("probe")) super.checkPermission(p);
        }
        List<String> context() {
            List<String> l = new ArrayList<>();
            for (Class<?> c : getClassContext()) l.add(c.getSimpleName().replaceAll("[$].*", ""));
            return l;
        }
    }
    static String probe() {
        try {
            AccessController.checkPermission(new RuntimePermission("probe"));
            return "granted";
        } catch (AccessControlException e) {
            return "refused " + e.getMessage();
        }
    }
    static AccessControlContext none() { return new AccessControlContext(new ProtectionDomain[] {new ProtectionDomain(null, new Permissions())}); }
    static AccessControlContext all() {
        Permissions p = new Permissions();
        p.add(new AllPermission());
        return new AccessControlContext(new ProtectionDomain[] {new ProtectionDomain(null, p)});
    }

    public static void main(String[] args) throws Exception {
        System.out.println(probe());
        Policy.setPolicy(new Policy() {
            @Override public boolean implies(ProtectionDomain d, Permission p) { return d.getCodeSource() != null; }
        });
        System.out.println(probe());
        System.out.println(AccessController.doPrivileged((PrivilegedAction<String>) AccessContexts::probe));
        System.out.println(AccessController.doPrivileged((PrivilegedAction<String>) AccessContexts::probe, none()));
        System.out.println(AccessController.doPrivileged((PrivilegedAction<String>) AccessContexts::probe, all()));
        System.out.println(AccessController.doPrivileged((PrivilegedAction<Object>) () -> 5));
        try {
            AccessController.doPrivileged((PrivilegedExceptionAction<Object>) () -> { throw new java.io.IOException("inner"); });
        } catch (PrivilegedActionException e) {
            System.out.println(e.getCause());
        }
        AccessControlContext here = AccessController.getContext();
        String[] out = new String[1];
        Thread t = AccessController.doPrivileged((PrivilegedAction<Thread>) () -> new Thread(() -> out[0] = probe()), none());
        t.start();
        t.join();
        System.out.println("inherited: " + out[0]);
        System.out.println(here.equals(AccessController.getContext()));
        Watch w = new Watch();
        System.out.println(w.context());
        Runnable r = () -> System.out.println(w.context());
        r.run();
        System.out.println(w.getClass().getDeclaredMethod("context").invoke(w));
        System.out.println(Class.forName("AccessContexts") == AccessContexts.class);
        System.out.println(AccessContexts.class.getClassLoader() == ((Class<?>) Class.class.getMethod("forName", String.class).invoke(null, "AccessContexts")).getClassLoader());
        System.out.println(java.lang.invoke.MethodHandles.lookup());
    }
}
