// try-with-resources: closing order, suppressed exceptions, null resources, effectively final ones, failing close and body.
public class LangTry {
    static class Res implements AutoCloseable {
        final String name;
        final boolean failsToClose;
        Res(String name, boolean failsToOpen, boolean failsToClose) throws Exception {
            if (failsToOpen) throw new Exception("open " + name);
            this.name = name;
            this.failsToClose = failsToClose;
            System.out.println("open " + name);
        }
        @Override public void close() throws IllegalStateException {
            System.out.println("close " + name);
            if (failsToClose) throw new IllegalStateException("close " + name);
        }
    }

    static void show(Throwable e, String indent) {
        System.out.println(indent + e);
        for (Throwable s : e.getSuppressed()) show(s, indent + "  suppressed ");
        if (e.getCause() != null) show(e.getCause(), indent + "  cause ");
    }

    static String run(int bits) throws Exception {
        try (Res a = new Res("a", (bits & 1) != 0, (bits & 2) != 0);
             Res b = new Res("b", (bits & 4) != 0, (bits & 8) != 0);
             Res none = null) {
            System.out.println("body " + none);
            if ((bits & 16) != 0) throw new RuntimeException("body");
            return a.name + b.name;
        } finally {
            System.out.println("finally");
        }
    }

    static int nested() throws Exception {
        int count = 0;
        for (int i = 0; i < 4; i++) {
            try (Res r = new Res("loop" + i, false, i == 2)) {
                if (i == 0) continue;
                if (i == 3) break;
                count += 10;
                try (Res inner = new Res("inner" + i, false, i == 1)) {
                    count++;
                } catch (IllegalStateException e) {
                    System.out.println("inner caught " + e.getMessage());
                    count += 100;
                }
            } catch (IllegalStateException e) {
                System.out.println("caught " + e.getMessage());
            }
        }
        return count;
    }

    public static void main(String[] args) throws Exception {
        for (int bits = 0; bits < 32; bits++) {
            System.out.println("-- " + bits);
            try {
                System.out.println(run(bits));
            } catch (Exception e) {
                show(e, "");
            }
        }
        System.out.println(nested());
        Res outside = new Res("outside", false, true);
        try (outside) {
            System.out.println("using " + outside.name);
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage() + " " + e.getSuppressed().length);
        }
        Exception main = new Exception("main");
        main.addSuppressed(new Error("s1", new Exception("deep")));
        main.addSuppressed(new Error("s2"));
        main.initCause(new RuntimeException("cause"));
        show(main, "");
        main.printStackTrace(System.out);
        try {
            main.addSuppressed(main);
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        try {
            main.initCause(null);
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
        }
        Exception circular = new Exception("circular");
        circular.initCause(new Exception("inner", circular));
        circular.printStackTrace(System.out);
        class Bare extends Exception { Bare() { super("bare", null, false, false); } }
        Bare bare = new Bare();
        bare.addSuppressed(main);
        System.out.println(bare.getSuppressed().length + " " + bare.getStackTrace().length);
    }
}
