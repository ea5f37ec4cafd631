import java.lang.reflect.*;
import java.util.*;
import java.util.function.*;

/** StackOverflowError, survived many times, through Java, reflection, native code, initializers, locks and toString. */
public class StackOverflows {
    static int depth;
    static void plain() { depth++; plain(); }
    static long wide(long a, double b, long c, Object d) { depth++; return wide(a + 1, b, c, d) + 1; }
    static synchronized void locked() { depth++; locked(); }
    public static void reflective() throws Throwable {
        depth++;
        try {
            StackOverflows.class.getMethod("reflective").invoke(null);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
    static void lambda() { depth++; Runnable r = StackOverflows::lambda; r.run(); }
    static void withFinally() { try { depth++; withFinally(); } finally { depth++; } }
    static void sorting() { depth++; Arrays.sort(new Integer[] {2, 1}, (a, b) -> { sorting(); return 0; }); }
    static class Node { Node next; @Override public String toString() { return "n" + next; } @Override public int hashCode() { return next.hashCode(); } }
    static void privileged() {
        depth++;
        java.security.AccessController.doPrivileged((java.security.PrivilegedAction<Void>) () -> { privileged(); return null; });
    }
    static void loading() throws Exception { depth++; Class.forName("StackOverflows"); new Object() { void again() throws Exception { loading(); } }.again(); }
    static void inLock(Object o) { synchronized (o) { depth++; inLock(o); } }

    interface Body { void run() throws Throwable; }
    static void survive(String name, Body b) {
        boolean enough = true;
        for (int i = 0; i < 20; i++) {
            depth = 0;
            try {
                b.run();
                System.out.println(name + " returned");
            } catch (StackOverflowError e) {
                enough &= e.getStackTrace().length == 1024 || e.getStackTrace().length == 0;
            } catch (Throwable t) {
                System.out.println(name + " " + t);
                return;
            }
        }
        System.out.println(name + " " + enough);
    }

    public static void main(String[] args) throws Exception {
        survive("plain", StackOverflows::plain);
        System.out.println(depth > 1000);
        survive("wide", () -> wide(1, 2, 3, "x"));
        survive("locked", StackOverflows::locked);
        System.out.println(Thread.holdsLock(StackOverflows.class));
        survive("reflective", StackOverflows::reflective);
        survive("lambda", StackOverflows::lambda);
        survive("finally", StackOverflows::withFinally);
        survive("sorting", StackOverflows::sorting);
        survive("privileged", StackOverflows::privileged);
        survive("loading", StackOverflows::loading);
        Object o = new Object();
        survive("inLock", () -> inLock(o));
        System.out.println(Thread.holdsLock(o));
        Node n = new Node();
        n.next = n;
        survive("toString", n::toString);
        survive("hashCode", n::hashCode);
        List<Object> self = new ArrayList<>();
        self.add(self);
        survive("list", self::hashCode);
        Thread t = new Thread(() -> survive("thread", StackOverflows::plain));
        t.start();
        t.join();
        try {
            plain();
        } catch (StackOverflowError e) {
            System.out.println(e.getMessage() + " " + e.getStackTrace()[0].getMethodName() + " " + e.getCause());
        }
    }
}
