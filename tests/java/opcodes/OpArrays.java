// Every array type: creation, default values, load and store, bounds, null, negative sizes, store checks, clone.
import java.util.Arrays;

public class OpArrays {
    interface Action {
        Object run() throws Throwable;
    }

    static void attempt(String what, Action action) {
        try {
            System.out.println(what + ": " + action.run());
        } catch (Throwable e) {
            System.out.println(what + ": " + e);
        }
    }

    static void primitives() {
        boolean[] z = new boolean[3];
        byte[] b = new byte[3];
        char[] c = new char[3];
        short[] s = new short[3];
        int[] i = new int[3];
        long[] l = new long[3];
        float[] f = new float[3];
        double[] d = new double[3];
        System.out.println(z[0] + " " + b[0] + " " + (int) c[0] + " " + s[0] + " " + i[0] + " " + l[0] + " " + f[0] + " " + d[0]);
        z[1] = true;
        b[1] = (byte) 200;
        c[1] = '\uffff';
        s[1] = (short) 40000;
        i[1] = 1 << 31;
        l[1] = 1L << 63;
        f[1] = -0f;
        d[1] = Double.NaN;
        System.out.println(z[1] + " " + b[1] + " " + (int) c[1] + " " + s[1] + " " + i[1] + " " + l[1] + " " + f[1] + " " + d[1]);
        b[2] += b[1]++;
        c[2] = c[1]--;
        s[2] -= --s[1];
        i[2] ^= i[1] >>> 3;
        l[2] |= l[1] >> 60;
        d[2] += l[2];
        System.out.println(Arrays.toString(b) + (int) c[2] + Arrays.toString(s) + Arrays.toString(i) + Arrays.toString(l)
                           + Arrays.toString(d));
        for (int index : new int[] {-1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            attempt("boolean", () -> z[index]);
            attempt("byte", () -> b[index]);
            attempt("char", () -> c[index]);
            attempt("short", () -> s[index]);
            attempt("int", () -> i[index]);
            attempt("long", () -> l[index]);
            attempt("float", () -> f[index]);
            attempt("double", () -> d[index]);
            attempt("boolean store", () -> z[index] = true);
            attempt("byte store", () -> b[index] = 1);
            attempt("char store", () -> c[index] = 1);
            attempt("short store", () -> s[index] = 1);
            attempt("int store", () -> i[index] = 1);
            attempt("long store", () -> l[index] = 1);
            attempt("float store", () -> f[index] = 1);
            attempt("double store", () -> d[index] = 1);
        }
    }

    static void nulls(int[] i, long[] l, Object[] o, byte[] b, double[] d, char[] c) {
        attempt("null length", () -> i.length);
        attempt("null load", () -> l[0]);
        attempt("null object load", () -> o[-5]);
        attempt("null byte store", () -> b[100] = 3);
        attempt("null double store", () -> d[0] = 3);
        attempt("null char load", () -> c[2]);
        attempt("null clone", () -> i.clone());
        attempt("null synchronized", () -> { synchronized (o) { return 1; } });
        attempt("null for", () -> { for (int x : i) return x; return 0; });
    }

    static void sizes(int n) {
        attempt("boolean", () -> new boolean[n].length);
        attempt("byte", () -> new byte[n].length);
        attempt("int", () -> new int[n].length);
        attempt("long", () -> new long[n].length);
        attempt("object", () -> new Object[n].length);
        attempt("string[]", () -> new String[n][].length);
    }

    static void stores() {
        Object[] strings = new String[2], numbers = new Number[2], arrays = new int[2][], nested = new Object[2][];
        Comparable<?>[] comparables = new Integer[1];
        attempt("string", () -> strings[0] = "x");
        attempt("string null", () -> strings[1] = null);
        attempt("integer into strings", () -> strings[0] = 1);
        attempt("double into numbers", () -> numbers[0] = 1.5);
        attempt("string into numbers", () -> numbers[1] = "s");
        attempt("long[] into int[][]", () -> arrays[0] = new long[1]);
        attempt("int[] into int[][]", () -> ((int[]) (arrays[0] = new int[4])).length);
        attempt("String[] into Object[][]", () -> ((Object[]) (nested[0] = new String[7])).length);
        attempt("int[] into Object[][]", () -> nested[0] = new int[7]);
        attempt("index before store check", () -> strings[2] = 1);
        attempt("interface", () -> ((Object[]) comparables)[0] = "s");
        attempt("arraycopy", () -> { System.arraycopy(new Object[] {"a", 1}, 0, strings, 0, 2); return 0; });
        System.out.println(Arrays.toString(strings) + Arrays.toString(numbers));
        attempt("arraycopy kinds", () -> { System.arraycopy(new int[1], 0, new long[1], 0, 1); return 0; });
        attempt("arraycopy bounds", () -> { System.arraycopy(new int[3], 1, new int[3], 2, 2); return 0; });
        attempt("arraycopy negative", () -> { System.arraycopy(new char[3], -1, new char[3], 2, 2); return 0; });
        attempt("arraycopy length", () -> { System.arraycopy(strings, 0, numbers, 0, -1); return 0; });
        attempt("arraycopy object", () -> { System.arraycopy("x", 0, numbers, 0, 1); return 0; });
        attempt("arraycopy null", () -> { System.arraycopy(null, 0, numbers, 0, 1); return 0; });
        int[] overlap = {1, 2, 3, 4, 5, 6};
        System.arraycopy(overlap, 0, overlap, 2, 4);
        System.out.println(Arrays.toString(overlap));
        System.arraycopy(overlap, 2, overlap, 1, 4);
        System.out.println(Arrays.toString(overlap));
    }

    static void classes() {
        Object[] all = {new boolean[0], new byte[0], new char[0], new short[0], new int[0], new long[0], new float[0],
                        new double[0], new String[0], new int[0][], new Object[0][][], new Runnable[0]};
        for (Object a : all) {
            Class<?> c = a.getClass();
            System.out.println(c.getName() + " " + c.getComponentType() + " " + c.getSuperclass() + " "
                               + Arrays.toString(c.getInterfaces()) + " " + (a instanceof Object[]) + (a instanceof Cloneable)
                               + (a instanceof java.io.Serializable) + " " + java.lang.reflect.Modifier.toString(c.getModifiers()));
        }
        int[] original = {1, 2, 3};
        int[] copy = original.clone();
        copy[0] = 9;
        int[][] deep = {{1}, {2}};
        int[][] shallow = deep.clone();
        shallow[0][0] = 5;
        System.out.println(original[0] + " " + copy[0] + " " + deep[0][0] + " " + (original.equals(copy)));
    }

    public static void main(String[] args) {
        primitives();
        nulls(null, null, null, null, null, null);
        for (int n : new int[] {0, 1, 1000, -1, Integer.MIN_VALUE}) sizes(n);
        stores();
        classes();
    }
}
