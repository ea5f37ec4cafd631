// Arrays too large for the heap or the VM: OutOfMemoryError with its text, caught, and the program goes on.
public class LimitHugeArrays {
    interface Maker { Object make(); }
    static Object kept;

    static void attempt(String what, Maker m) {
        try {
            kept = m.make();
            System.out.println(what + " made");
        } catch (OutOfMemoryError e) {
            System.out.println(what + " " + e.getMessage());
        } catch (NegativeArraySizeException | IllegalArgumentException e) {
            System.out.println(what + " " + e);
        } finally {
            kept = null;
        }
    }

    public static void main(String[] args) {
        int max = Integer.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            attempt("byte max", () -> new byte[max]);
            attempt("byte max-1", () -> new byte[max - 1]);
            attempt("byte max-2", () -> new byte[max - 2]);
            attempt("int max", () -> new int[max]);
            attempt("long max-2", () -> new long[max - 2]);
            attempt("double billion", () -> new double[1_000_000_000]);
            attempt("object max", () -> new Object[max]);
            attempt("object max-2", () -> new Object[max - 2]);
            attempt("multi", () -> new int[10][max - 2]);
            attempt("multi many", () -> new long[100_000][100_000]);
            attempt("reflective", () -> java.lang.reflect.Array.newInstance(long.class, max - 2));
            attempt("reflective negative", () -> java.lang.reflect.Array.newInstance(long.class, -2));
            attempt("clone copy", () -> java.util.Arrays.copyOf(new int[10], max - 2));
            attempt("repeat", () -> "ab".repeat(max / 2 - 4));
            attempt("repeat overflow", () -> "abc".repeat(max));
            attempt("builder", () -> new StringBuilder(max - 8));
            attempt("list", () -> new java.util.ArrayList<>(max - 2));
            attempt("fits", () -> new byte[5_000_000]);
        }
        StringBuilder s = new StringBuilder("grows");
        try {
            while (true) s.append(s);
        } catch (OutOfMemoryError e) {
            System.out.println("builder stopped at " + (s.length() >= 5 << 15));
        }
        s = null;
        long total = 0;
        for (int i = 0; i < 200; i++) total += new byte[1_000_000].length;
        System.out.println(total);
    }
}
