// Exceptions in initializers: ExceptionInInitializerError first, then NoClassDefFoundError naming the original cause.
public class LangInitErrors {
    static class Fails { static int value = Integer.parseInt("not a number"); static void m() { } }
    static class FailsError { static { if (true) throw new StackOverflowError("own error"); } static int x; }
    static class Sub extends Fails { static { System.out.println("never"); } }
    static class FailsNull { static Object o = null; static int n = o.hashCode(); }
    static class Late { static int x = 1; static { if (x == 1) fail(); } static void fail() { throw new IllegalStateException("late"); } }
    interface FailingInterface { int V = Integer.parseInt("interface"); default void d() { } }
    static class Implements implements FailingInterface { static { System.out.println("never either"); } }
    static class Nested { static int v = Late2.v; }
    static class Late2 { static int v = 1 / Integer.parseInt("0"); }
    enum BadEnum { A; BadEnum() { throw new UnsupportedOperationException("enum constructor"); } }
    static class CatchesOwn { static int v; static { try { v = Fails.value; } catch (Throwable t) { System.out.println("caught " + t); v = 6; } } }

    interface Action { Object run() throws Throwable; }

    static void attempt(String what, Action a) {
        try {
            System.out.println(what + " " + a.run());
        } catch (Throwable e) {
            System.out.println(what + " " + e);
            for (Throwable c = e.getCause(); c != null; c = c.getCause()) System.out.println("    cause " + c);
        }
    }

    public static void main(String[] args) throws Throwable {
        for (int i = 0; i < 2; i++) {
            attempt("static field", () -> Fails.value);
            attempt("static method", () -> { Fails.m(); return 0; });
            attempt("new", () -> new Fails());
            attempt("subclass", () -> new Sub());
            attempt("error", () -> FailsError.x);
            attempt("null pointer", () -> FailsNull.n);
            attempt("late", () -> Late.x);
            attempt("implements", () -> new Implements());
            attempt("interface", () -> FailingInterface.V);
            attempt("nested", () -> Nested.v);
            attempt("enum", () -> BadEnum.A);
            attempt("catches", () -> CatchesOwn.v);
            attempt("forName", () -> Class.forName("LangInitErrors$Late2"));
            attempt("reflection", () -> Fails.class.getDeclaredMethod("m").invoke(null));
            attempt("newInstance", () -> Fails.class.getDeclaredConstructor().newInstance());
            attempt("array", () -> new Fails[2].length);
            attempt("class", () -> Fails.class.getName());
        }
        try {
            Late.fail();
        } catch (NoClassDefFoundError | IllegalStateException e) {
            System.out.println(e);
            Throwable cause = e.getCause();
            System.out.println(cause.getClass() + " / " + cause.getMessage());
            for (StackTraceElement f : cause.getStackTrace()) System.out.println("  " + f);
        }
        ExceptionInInitializerError none = new ExceptionInInitializerError("text");
        System.out.println(none + " " + none.getCause() + " " + none.getException());
        // The failing thread and the waiting threads: one error in initializer, the others no class definition.
        Thread[] threads = new Thread[4];
        int[] kinds = new int[3];
        for (int t = 0; t < threads.length; t++) {
            threads[t] = new Thread(() -> {
                int kind = 2;
                try {
                    System.out.println(SlowFail.v);
                } catch (ExceptionInInitializerError e) {
                    kind = 0;
                } catch (NoClassDefFoundError e) {
                    kind = 1;
                }
                synchronized (kinds) {
                    kinds[kind]++;
                }
            });
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(java.util.Arrays.toString(kinds));
    }

    static class SlowFail {
        static int v;
        static {
            try { Thread.sleep(30); } catch (InterruptedException e) { v = 1; }
            if (v == 0) throw new RuntimeException("slow");
        }
    }
}
