import java.io.IOException;

/** Exceptions that cross the border both ways, and monitors entered by native code. */
public class JniTestExceptions {
    static native void run(Throwable given, String text);
    static native int raise(int i) throws IOException;
    static native Object rethrow(Runnable r);
    static native Object caught(Runnable r);
    static native void monitors(Object lock, Runnable r);
    static native void enter(Object lock);
    static native int exit(Object lock);

    static void recurse(int depth) {
        if (depth == 0)
            throw new IllegalStateException("bottom");
        rethrow(() -> recurse(depth - 1));
    }

    static void trace(Throwable e) {
        System.out.println(e);
        for (StackTraceElement frame : e.getStackTrace())
            if (!frame.getMethodName().contains("lambda$"))
                System.out.println("    " + frame);
    }

    public static void main(String[] args) throws Exception {
        JniTest.load();
        run(new Exception("given"), "text");
        for (int i = 0; i < 3; i++)
            try {
                System.out.println("returned " + raise(i));
            } catch (IOException e) {
                trace(e);
            }
        try {
            recurse(20);
        } catch (IllegalStateException e) {
            System.out.println(e + " " + (e.getStackTrace().length > 60));
        }
        trace((Throwable) caught(() -> { Object o = null; o.hashCode(); }));
        trace((Throwable) caught(() -> { int[] a = new int[2]; a[2] = 1; }));
        System.out.println(caught(() -> System.out.println("fine")));
    }
}
