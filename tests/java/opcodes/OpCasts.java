// checkcast and instanceof over classes, interfaces and arrays of all kinds, with the text of every ClassCastException.
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

public class OpCasts {
    interface I { }
    interface J extends I { }
    static class A implements I { }
    static class B extends A implements J { }
    static final class C extends B { }
    enum E { X, Y { } }
    record R(int a) { }

    static final Object[] VALUES = {null, new Object(), "s", 1, new A(), new B(), new C(), E.X, E.Y, new R(1), new int[0],
        new int[0][0], new long[0], new Object[0], new String[0], new String[0][0], new A[0], new C[0], new I[0][0],
        (Runnable) () -> { }, Object.class, new ArrayList<>(), new Integer[0], new Number[0][0], new byte[0][0][0]};

    static final String[] NAMES = {"Object", "String", "Integer", "Number", "Comparable", "I", "J", "A", "B", "C", "E", "Enum", "R",
        "Record", "int[]", "int[][]", "Object[]", "Object[][]", "String[]", "Serializable", "Cloneable", "Serializable[]",
        "Cloneable[]", "I[]", "A[]", "J[][]", "Runnable", "List", "Number[]", "Comparable[]", "byte[][]", "Object[][][]"};

    static final List<Predicate<Object>> TESTS = List.of(o -> o instanceof Object, o -> o instanceof String,
        o -> o instanceof Integer, o -> o instanceof Number, o -> o instanceof Comparable, o -> o instanceof I,
        o -> o instanceof J, o -> o instanceof A, o -> o instanceof B, o -> o instanceof C, o -> o instanceof E,
        o -> o instanceof Enum, o -> o instanceof R, o -> o instanceof Record, o -> o instanceof int[], o -> o instanceof int[][],
        o -> o instanceof Object[], o -> o instanceof Object[][], o -> o instanceof String[], o -> o instanceof Serializable,
        o -> o instanceof Cloneable, o -> o instanceof Serializable[], o -> o instanceof Cloneable[], o -> o instanceof I[],
        o -> o instanceof A[], o -> o instanceof J[][], o -> o instanceof Runnable, o -> o instanceof List,
        o -> o instanceof Number[], o -> o instanceof Comparable[], o -> o instanceof byte[][], o -> o instanceof Object[][][]);

    static final List<Function<Object, Object>> CASTS = List.of(o -> (Object) o, o -> (String) o, o -> (Integer) o,
        o -> (Number) o, o -> (Comparable<?>) o, o -> (I) o, o -> (J) o, o -> (A) o, o -> (B) o, o -> (C) o, o -> (E) o,
        o -> (Enum<?>) o, o -> (R) o, o -> (Record) o, o -> (int[]) o, o -> (int[][]) o, o -> (Object[]) o, o -> (Object[][]) o,
        o -> (String[]) o, o -> (Serializable) o, o -> (Cloneable) o, o -> (Serializable[]) o, o -> (Cloneable[]) o,
        o -> (I[]) o, o -> (A[]) o, o -> (J[][]) o, o -> (Runnable) o, o -> (List<?>) o, o -> (Number[]) o,
        o -> (Comparable<?>[]) o, o -> (byte[][]) o, o -> (Object[][][]) o);

    static String name(Object o) {
        if (o == null) return "null";
        return o.getClass().isHidden() ? "lambda" : o.getClass().getTypeName();
    }

    @SuppressWarnings("unchecked")
    static <T> T unchecked(Object o) {
        return (T) o;
    }

    static <T extends Comparable<T>> T bounded(Object o) {
        return OpCasts.<T>unchecked(o);
    }

    public static void main(String[] args) {
        for (int v = 0; v < VALUES.length; v++) {
            StringBuilder yes = new StringBuilder();
            for (int t = 0; t < NAMES.length; t++) {
                boolean is = TESTS.get(t).test(VALUES[v]), casts = true;
                try {
                    CASTS.get(t).apply(VALUES[v]);
                } catch (ClassCastException e) {
                    casts = false;
                    // The name of a lambda's class has an address in it.
                    if (v != 19) System.out.println("  " + e.getMessage());
                }
                if (is) yes.append(' ').append(NAMES[t]);
                if (is != casts && VALUES[v] != null) System.out.println("differ " + NAMES[t]);
            }
            System.out.println(name(VALUES[v]) + " is" + yes);
        }
        try {
            String s = OpCasts.<String>unchecked(5);
            System.out.println(s);
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        try {
            System.out.println(OpCasts.<Integer>bounded(new Object()));
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        List<String> raw = unchecked(new ArrayList<>(List.of(1)));
        try {
            String s = raw.get(0);
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        for (Class<?> c : new Class<?>[] {A.class, I.class, int.class, int[].class, String[].class}) {
            for (Object v : new Object[] {new B(), 5, new int[1], new String[1], null}) {
                try {
                    c.cast(v);
                    System.out.println(c.getSimpleName() + " " + c.isInstance(v));
                } catch (ClassCastException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }
}
