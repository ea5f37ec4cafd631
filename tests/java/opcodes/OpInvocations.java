// invokevirtual, invokespecial, invokestatic and invokeinterface: selection, null receivers, recursion, results of every type.
import java.util.function.IntSupplier;

public class OpInvocations {
    interface Shape {
        double area();
        default String describe() { return name() + " " + area(); }
        String name();
        static Shape unit() { return new Square(1); }
    }

    static abstract class Named implements Shape {
        public String name() { return "named " + getClass().getSimpleName(); }
        protected long counter() { return 1L << 32; }
        private int hidden() { return 1; }
        int callHidden() { return hidden(); }
    }

    static class Square extends Named {
        final double side;
        Square(double side) { this.side = side; }
        public double area() { return side * side; }
        private int hidden() { return 2; }
        @Override protected long counter() { return super.counter() + 1; }
    }

    static final class Odd extends Square {
        Odd() { super(3); }
        @Override public String describe() { return "odd " + super.describe() + " " + super.toString().indexOf('@'); }
        @Override public String toString() { return "Odd!"; }
        @Override protected long counter() { return super.counter() * 2; }
    }

    static boolean z(int k) { return k > 2; }
    static byte b(int k) { return (byte) (k * 77); }
    static char c(int k) { return (char) ('a' + k); }
    static short s(int k) { return (short) (k * 9999); }
    static int i(int k) { return k * 1111111111; }
    static long l(int k) { return k * 1111111111111L; }
    static float f(int k) { return k / 7f; }
    static double d(int k) { return k / 7.0; }
    static Object o(int k) { return k == 0 ? null : "o" + k; }
    static int[] a(int k) { return new int[k]; }
    static void v(int k) { last = k; }
    static int last;

    static long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
    static int ackermann(int m, int n) { return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1)); }
    static long shuffle(long a, int b, double c, float d, long e) { return a * 3 + b * 5 + (long) (c * 7) + (long) (d * 11) + e * 13; }

    static void attempt(String what, IntSupplier action) {
        try {
            System.out.println(what + " " + action.getAsInt());
        } catch (Throwable e) {
            System.out.println(what + " " + e);
        }
    }

    public static void main(String[] args) throws Throwable {
        Shape[] shapes = {new Square(2), new Odd(), Shape.unit(), new Named() { public double area() { return -1; } },
            new Shape() { public double area() { return 0; } public String name() { return "anonymous"; } }};
        for (int round = 0; round < 3; round++) {
            for (Shape s : shapes) {
                System.out.println(s.describe() + (s instanceof Named n ? " " + n.counter() + " " + n.callHidden() : ""));
            }
        }
        for (int k = 0; k < 4; k++) {
            v(k);
            System.out.println(z(k) + " " + b(k) + " " + c(k) + " " + s(k) + " " + i(k) + " " + l(k) + " " + f(k) + " " + d(k)
                               + " " + o(k) + " " + a(k).length + " " + last);
        }
        System.out.println(fibonacci(22) + " " + ackermann(2, 300) + " " + shuffle(1, 2, 3, 4, 5));
        Shape none = null;
        Square nothing = null;
        String text = null;
        attempt("interface on null", () -> (int) none.area());
        attempt("virtual on null", () -> (int) nothing.counter());
        attempt("final on null", () -> text.length());
        attempt("object method on interface", () -> shapes[1].toString().length());
        attempt("array method", () -> new int[3].getClass().getName().length());
        attempt("object methods on array", () -> ((Object) new int[0]).equals(null) ? 1 : 0);
        // Instructions that javac would not write: final and private methods through invokevirtual, a method of Object
        // through an interface, an interface call on an object that does not implement it, an unused long result.
        ClassBytes c = new ClassBytes("public", "Calls", "java/lang/Object");
        c.method("public static", "objectMethod", "(Ljava/util/List;)I", "aload_0 | invokeinterface java/util/List.hashCode ()I | ireturn");
        c.method("public static", "wrongReceiver", "(Ljava/lang/Object;)V", "aload_0 | invokeinterface java/lang/Runnable.run ()V | return");
        c.method("public static", "drop", "(J)I", "lload_0 | invokestatic java/lang/Long.reverse (J)J | pop2 | iconst_3 | ireturn");
        c.method("public static", "leftOnStack", "()I", "iconst_1 | iconst_2 | lconst_0 | bipush 9 | ireturn");
        c.method("public static", "special", "(Ljava/lang/String;)Ljava/lang/String;",
                 "new Calls | dup | invokespecial Calls.<init> ()V | aload_0 | invokespecial Calls.own (Ljava/lang/String;)Ljava/lang/String; | areturn");
        c.method("private", "own", "(Ljava/lang/String;)Ljava/lang/String;", "aload_1 | ldc string  own | invokevirtual java/lang/String.concat (Ljava/lang/String;)Ljava/lang/String; | areturn");
        c.method("public static", "uninitialized", "()I", "new Calls | pop | iconst_1 | ireturn").constructor("java/lang/Object");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        System.out.println(loader.outcome("Calls", "objectMethod", java.util.List.of(1, 2)));
        System.out.println(loader.outcome("Calls", "objectMethod", (Object) null));
        System.out.println(loader.outcome("Calls", "wrongReceiver", "a string"));
        System.out.println(loader.outcome("Calls", "wrongReceiver", new int[1]));
        System.out.println(loader.outcome("Calls", "wrongReceiver", (Object) null));
        System.out.println(loader.outcome("Calls", "wrongReceiver", (Runnable) () -> System.out.println("ran")));
        System.out.println(loader.outcome("Calls", "drop", 5L) + loader.outcome("Calls", "leftOnStack")
                           + loader.outcome("Calls", "special", "its") + loader.outcome("Calls", "uninitialized"));
    }
}
