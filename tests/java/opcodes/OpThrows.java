// athrow, handler selection and helpful NullPointerException messages for every kind of instruction that can meet null.
public class OpThrows {
    static class Node {
        Node next;
        int value;
        int[] numbers;
        Node[][] grid;
        static Node shared;
        Node next() { return next; }
        static Node make() { return null; }
    }

    static class Own extends Exception {
        final int code;
        Own(int code, Throwable cause) { super("code " + code, cause); this.code = code; }
    }

    interface Action { Object run() throws Throwable; }

    static void attempt(Action action) {
        try {
            System.out.println("no exception: " + action.run());
        } catch (Throwable e) {
            System.out.println(e);
        }
    }

    static String select(int k) {
        try {
            try {
                switch (k) {
                    case 0: throw new IllegalArgumentException("iae");
                    case 1: throw new NumberFormatException("nfe");
                    case 2: throw new Own(2, new Error("inner"));
                    case 3: throw new StackOverflowError("fake");
                    case 4: throw (RuntimeException) null;
                    case 5: return "" + 1 / (k - 5);
                    case 6: throw new java.io.FileNotFoundException("fnf");
                    case 7: return (String) (Object) k;
                    default: return "fine";
                }
            } catch (NumberFormatException e) {
                return "inner number " + e.getMessage();
            } catch (IllegalArgumentException | ClassCastException e) {
                return "inner multi " + e.getClass().getName();
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        } catch (Own e) {
            return "own " + e.code + " " + e.getMessage() + " " + e.getCause();
        } catch (RuntimeException e) {
            return "outer " + e;
        } catch (Throwable e) {
            return "throwable " + e;
        }
    }

    static int deep(int n) throws Own {
        if (n == 0) throw new Own(99, null);
        try {
            return deep(n - 1) + 1;
        } catch (Own e) {
            if (n % 10 == 0) throw new Own(e.code + n, e);
            throw e;
        }
    }

    static void nulls(Node n, Object[] objects, long[][] longs, String s, Integer boxed, Throwable t) {
        attempt(() -> n.next);
        attempt(() -> n.value = 5);
        attempt(() -> n.next().next());
        attempt(() -> Node.make().value);
        attempt(() -> Node.shared.next.next);
        attempt(() -> new Node().next.next.value);
        attempt(() -> new Node().numbers[3]);
        attempt(() -> new Node().grid[1][2].next);
        attempt(() -> { Node[][] g = new Node[2][3]; return g[1][2].next; });
        attempt(() -> { Node[][] g = new Node[2][]; return g[1][0]; });
        attempt(() -> objects[1]);
        attempt(() -> longs[2][3]);
        attempt(() -> { long[][] l = new long[4][]; return l[3][2]; });
        attempt(() -> s.length());
        attempt(() -> s.toUpperCase().trim());
        attempt(() -> boxed + 1);
        attempt(() -> { throw t; });
        attempt(() -> { synchronized (s) { return 1; } });
        attempt(() -> objects.length);
        attempt(() -> { switch (s) { case "x": return 1; default: return 2; } });
        attempt(() -> java.util.Objects.requireNonNull(s, "explicit message"));
        attempt(() -> { throw new NullPointerException(); });
        attempt(() -> { throw new NullPointerException("given"); });
        attempt(() -> { Node local = new Node(); Node other = local.next; other.value++; return other; });
        attempt(() -> { int[] a = null; int i = 3; a[i + 1] = i; return a; });
        attempt(() -> { int[][] a = {null}; a[0][a.length - 1]++; return a; });
        attempt(() -> ((String) objects[0]).isEmpty());
    }

    public static void main(String[] args) throws Throwable {
        for (int k = 0; k < 9; k++) System.out.println(k + " " + select(k));
        try {
            deep(35);
        } catch (Own e) {
            int causes = 0;
            for (Throwable c = e; c != null; c = c.getCause()) System.out.println(causes++ + " " + c + " " + c.getStackTrace().length);
        }
        nulls(null, null, null, null, null, null);
        ClassBytes c = new ClassBytes("public", "Throws", "java/lang/Object");
        c.method("public static", "throwNull", "()V", "aconst_null | athrow");
        c.method("public static", "notThrowableHandler", "(Ljava/lang/Throwable;)Ljava/lang/String;",
                 ".catch java/lang/Error a b error | .catch any a b any | a: | aload_0 | athrow | b:"
                 + " | error: | pop | ldc string error | areturn | any: | pop | ldc string any | areturn");
        // A handler inside the range that it covers: retried until the division succeeds.
        c.method("public static", "selfCovering", "(I)I", ".catch java/lang/ArithmeticException a b a | aconst_null | a: | pop"
                 + " | iinc 0 -1 | bipush 100 | iload_0 | iconst_3 | irem | idiv | pop | iload_0 | ireturn | b:");
        c.method("public static", "order", "()Ljava/lang/String;",   // the first matching entry wins, not the innermost
                 ".catch any a d outer | .catch java/lang/ArithmeticException b c inner | a: | nop | b: | iconst_1 | iconst_0 | idiv | pop | c: | nop | d:"
                 + " | aconst_null | areturn | inner: | pop | ldc string inner | areturn | outer: | pop | ldc string outer | areturn");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        System.out.println(loader.outcome("Throws", "throwNull"));
        System.out.println(loader.outcome("Throws", "notThrowableHandler", new Error()) + " "
                           + loader.outcome("Throws", "notThrowableHandler", new Own(1, null)) + " "
                           + loader.outcome("Throws", "notThrowableHandler", (Object) null));
        System.out.println(loader.outcome("Throws", "order") + " " + loader.outcome("Throws", "selfCovering", 10) + " "
                           + loader.outcome("Throws", "selfCovering", 9));
    }
}
