import java.lang.StackWalker.*;
import java.util.*;
import java.util.function.*;
import java.util.stream.*;

/** Stack traces, causes, StackWalker. */
public class StackTraces {
    static void print(Throwable t) {
        StringBuilder b = new StringBuilder();
        t.printStackTrace(new java.io.PrintWriter(new java.io.Writer() {
            @Override public void write(char[] c, int off, int len) { b.append(c, off, len); }
            @Override public void flush() { }
            @Override public void close() { }
        }, true));
        System.out.print(b);
    }
    static class Own extends Exception {
        Own(String m, Throwable cause) { super(m, cause); }
        static Own make() { return new Own("made elsewhere", null); }
    }
    static class NoTrace extends RuntimeException { NoTrace() { super("quiet", null, false, false); } }
    static class Late extends RuntimeException {
        @Override public synchronized Throwable fillInStackTrace() { return this; }
        Throwable really() { return super.fillInStackTrace(); }
    }
    static int divide(int a, int b) { return a / b; }
    static void causes() {
        try {
            try {
                divide(1, 0);
            } catch (ArithmeticException e) {
                throw new Own("wrapped", e);
            }
        } catch (Own e) {
            e.addSuppressed(new IllegalStateException("also"));
            print(new RuntimeException(e));
        }
        print(Own.make());
        print(new NoTrace());
        Late late = new Late();
        System.out.println(late.getStackTrace().length + " " + late.really().getStackTrace()[0]);
        Throwable t = new Throwable("set");
        t.setStackTrace(new StackTraceElement[] {new StackTraceElement("a.B", "c", "B.java", 3), new StackTraceElement("a.B", "d", null, -2)});
        print(t);
    }
    static class Broken { static int x = divide(2, 0); static void touch() { } }
    static void initializers() {
        try { Broken.touch(); } catch (ExceptionInInitializerError e) { print(e); }
        try { Broken.touch(); } catch (NoClassDefFoundError e) { System.out.println(e.getMessage() + " / " + e.getCause()); }
    }
    static void vmExceptions() {
        Object o = "text";
        Runnable[] all = {
            () -> { Integer i = (Integer) o; }, () -> { int[] a = new int[2]; a[2] = 1; }, () -> { int[] a = new int[-3]; },
            () -> { Object[] a = new String[1]; a[0] = 1; }, () -> divide(3, 0),
            () -> "abc".charAt(5), () -> List.of(1).get(4), () -> new ArrayList<>(List.of(1, 2)).forEach(x -> divide(x, 0)),
            () -> Stream.of(1).map(x -> divide(x, 0)).collect(Collectors.toList()),
        };
        for (Runnable r : all)
            try {
                r.run();
            } catch (RuntimeException e) {
                System.out.println(e);
                for (StackTraceElement s : e.getStackTrace())
                    System.out.println("    " + s.getModuleName() + " " + s.getClassName() + "." + s.getMethodName()
                                       + (s.getModuleName() == null ? ":" + s.getLineNumber() : ""));
            }
    }
    static void walkers() {
        show(StackWalker.getInstance().walk(s -> s.map(StackFrame::getMethodName).collect(Collectors.toList())));
        StackWalker w = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);
        System.out.println(caller(w));
        Supplier<Class<?>> viaLambda = () -> caller(w);
        System.out.println(viaLambda.get());
        System.out.println(w.walk(s -> s.skip(1).findFirst()).get().getMethodName());
        w.forEach(f -> System.out.println(f.getDeclaringClass() + " " + f.getMethodType() + " " + f.getLineNumber() + " " + f.isNativeMethod()
                                          + " " + f.getFileName() + " " + (f.getByteCodeIndex() >= 0)));
        show(deep(50, () -> StackWalker.getInstance().walk(Stream::count)));
        show(deep(300, () -> StackWalker.getInstance(Set.of(), 200).walk(s -> s.limit(250).count())));
        List<String> nested = w.walk(a -> a.map(f -> w.walk(b -> b.limit(1).map(StackFrame::getMethodName).findFirst().get()) + f.getMethodName())
                                          .collect(Collectors.toList()));
        System.out.println(nested.size());
        System.out.println(reflective(StackWalker.getInstance(Set.of(Option.SHOW_REFLECT_FRAMES))) > reflective(StackWalker.getInstance()));
        System.out.println(StackWalker.getInstance().walk(s -> s.findFirst()).get());
        try {
            StackWalker.getInstance().getCallerClass();
        } catch (UnsupportedOperationException e) {
            System.out.println(e.getMessage());
        }
        Stream<StackFrame> leaked = w.walk(s -> s);
        try {
            leaked.count();
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
        }
    }
    static void show(Object o) { System.out.println(o); }
    static Class<?> caller(StackWalker w) { return w.getCallerClass(); }
    static <T> T deep(int n, Supplier<T> s) { return n == 0 ? s.get() : deep(n - 1, s); }
    public static long count(StackWalker w) { return w.walk(Stream::count); }
    static long reflective(StackWalker w) {
        try {
            return (Long) StackTraces.class.getMethod("count", StackWalker.class).invoke(null, w);
        } catch (ReflectiveOperationException e) {
            throw new Error(e);
        }
    }
    static void others() throws Exception {
        Object lock = new Object();
        Thread t = new Thread(() -> { synchronized (lock) { try { lock.wait(); } catch (InterruptedException e) { } } }, "waiting");
        t.start();
        while (t.getState() != Thread.State.WAITING) Thread.sleep(1);
        for (StackTraceElement e : t.getStackTrace()) System.out.println(e.getMethodName() + (e.isNativeMethod() ? " native" : ""));
        System.out.println(Thread.getAllStackTraces().get(t).length);
        System.out.println(Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(n -> n.equals("main") || n.equals("waiting")
            || n.equals("Reference Handler") || n.equals("Finalizer") || n.equals("Signal Dispatcher")).sorted().collect(Collectors.toList()));
        t.interrupt();
        t.join();
        System.out.println(t.getStackTrace().length + " " + new Thread().getStackTrace().length);
        System.out.println(Thread.currentThread().getStackTrace()[1].getMethodName());
        show(deep(2000, () -> new Throwable().getStackTrace().length));
    }
    public static void main(String[] args) throws Exception {
        causes();
        initializers();
        vmExceptions();
        walkers();
        others();
    }
}
