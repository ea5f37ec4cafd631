// Stack traces with line numbers: nested causes with frames in common, constructors, initializers, lambdas, reflection.
import java.util.List;
import java.util.function.Supplier;

public class LangTraces {
    static class Failing {
        int x = compute();
        Failing() {
            super();
        }
        int compute() {
            throw new UnsupportedOperationException("in field initializer");
        }
    }

    static class BadStatic {
        static final int V;
        static {
            V = Integer.parseInt("x1");
        }
    }

    interface WithDefault {
        default void fail() {
            throw new IllegalStateException(
                "a message "
                + "over lines");
        }
    }

    static void level(int n) {
        try {
            if (n == 0) {
                Object o = List.of(1, 2).get(5);
            }
            level(n - 1);
        } catch (RuntimeException e) {
            if (n == 2) throw new RuntimeException("wrapped at " + n, e);
            if (n == 4) {
                RuntimeException w = new IllegalArgumentException(e);
                w.addSuppressed(new Exception("suppressed at " + n, new Error()));
                throw w;
            }
            throw e;
        }
    }

    static <T> T call(Supplier<T> s) {
        return s.get();
    }

    static void show(Runnable r) {
        try {
            r.run();
        } catch (Throwable e) {
            StringBuilder text = new StringBuilder();
            var writer = new java.io.StringWriter();
            e.printStackTrace(new java.io.PrintWriter(writer));
            // The frames of lambda classes are hidden; numbers of JDK frames and generated accessors are not this test's.
            for (String line : writer.toString().split("\n")) {
                if (line.contains("jdk.internal.reflect") || line.contains("java.base/jdk.internal")) continue;
                text.append(line.replaceAll("lambda\\$(\\w+)\\$\\d+", "lambda $1")).append('\n');
            }
            System.out.print(text);
        }
        System.out.println("--");
    }

    static int recurse(int n) {
        return n == 0 ? 1 / n : recurse(n - 1)
            + 1;
    }

    static int[] none;

    public static void main(String[] args) throws Throwable {
        show(() -> level(6));
        show(Failing::new);
        show(() -> System.out.println(BadStatic.V));
        show(() -> System.out.println(BadStatic.V));
        show(() -> new WithDefault() { }.fail());
        show(() -> call(() -> call(() -> {
            throw new ArithmeticException("in nested lambda");
        })));
        show(() -> recurse(3));
        show(() -> {
            none
                [0]
                = 1;
        });
        show(() -> {
            try {
                LangTraces.class.getDeclaredMethod("level", int.class).invoke(null, 3);
            } catch (ReflectiveOperationException e) {
                throw new RuntimeException(e);
            }
        });
        show(new Runnable() {
            @Override public void run() {
                class Local {
                    void m() { throw new Error("in local class"); }
                }
                new Local().m();
            }
        });
        Throwable t = new Throwable("plain");
        StackTraceElement[] frames = t.getStackTrace();
        System.out.println(frames.length + " " + frames[0] + " " + frames[0].getMethodName() + frames[0].getLineNumber()
                           + frames[0].getFileName() + frames[0].getClassName() + frames[0].getModuleName() + frames[0].isNativeMethod()
                           + frames[0].getClassLoaderName());
        t.setStackTrace(new StackTraceElement[] {new StackTraceElement("a.B", "c", "D.java", 5), new StackTraceElement("E", "f", null, -2),
            new StackTraceElement("app", "mod", "1.0", "G", "h", "G.java", -1)});
        t.printStackTrace(System.out);
        class Quiet extends RuntimeException {
            @Override public synchronized Throwable fillInStackTrace() { return this; }
        }
        new Quiet().printStackTrace(System.out);
        Throwable refilled = t.fillInStackTrace();
        System.out.println(refilled.getStackTrace()[0]);
        System.out.println(Thread.currentThread().getStackTrace()[1]);
        List<String> walked = StackWalker.getInstance().walk(s -> s.map(f -> f.getMethodName() + ":" + f.getLineNumber()).toList());
        System.out.println(walked);
        Thread thread = new Thread(() -> {
            new Exception("in thread").printStackTrace(System.out);
        }, "named");
        thread.start();
        thread.join();
    }
}
