// Nested finally blocks: overriding returns and exceptions, loops left by break and continue, order of evaluation.
public class OpFinally {
    static StringBuilder log = new StringBuilder();

    static int note(String s, int v) {
        log.append(s).append(' ');
        return v;
    }

    @SuppressWarnings("finally")
    static int overrides(int k) {
        try {
            if (k == 0) throw new RuntimeException("lost");
            return note("try", 1);
        } finally {
            return note("finally", 2);
        }
    }

    static int valueSaved() {
        int x = 1;
        try {
            return x;
        } finally {
            x = 99;
            note("changed", x);
        }
    }

    static String nested(int k) {
        try {
            note("a", 0);
            try {
                note("b", 0);
                if (k == 1) throw new IllegalStateException("b");
                try {
                    if (k == 2) throw new IllegalArgumentException("c");
                    if (k == 3) return "returned";
                } finally {
                    note("fc", 0);
                    if (k == 4) throw new Error("fc");
                }
            } catch (IllegalStateException e) {
                note("catch " + e.getMessage(), 0);
                if (k == 1) throw new RuntimeException(e);
            } finally {
                note("fb", 0);
                if (k == 2) throw new UnsupportedOperationException("replaces");
            }
        } catch (RuntimeException e) {
            return "runtime " + e;
        } catch (Error e) {
            return "error " + e.getMessage();
        } finally {
            note("fa", 0);
        }
        return "end";
    }

    @SuppressWarnings("finally")
    static int loops() {
        int count = 0;
        outer:
        for (int i = 0; i < 5; i++) {
            for (int j = 0; ; j++) {
                try {
                    if (j == 1) continue;
                    if (j == 2 && i == 1) continue outer;
                    if (j == 3) break;
                    if (i == 4) break outer;
                    count += i * j;
                } finally {
                    note("" + i + j, 0);
                    if (i == 3 && j == 2) continue outer;
                }
                note("after", 0);
            }
            try {
                throw new RuntimeException();
            } catch (RuntimeException e) {
                continue;
            } finally {
                note("next", 0);
            }
        }
        while (true) {
            try {
                throw new Error("swallowed");
            } finally {
                if (count++ > 20) break;
                continue;
            }
        }
        return count;
    }

    static long wide(long a, double b, int k) {
        try {
            return k == 0 ? a / k : (long) (a * b);
        } catch (ArithmeticException e) {
            return -1L << 40;
        } finally {
            a = 0;
            b = note("wide", 0);
        }
    }

    static int recursion(int n) {
        try {
            return n == 0 ? 0 : recursion(n - 1) + 1;
        } finally {
            if (n % 100 == 0) note("r" + n, 0);
        }
    }

    static int[] array = {0, 0, 0};

    static int order() {
        int i = 0;
        array[note("index", i++)] = note("value", i++) + (array[i] = note("inner", 7));
        try {
            array[note("bad index", 9)] = note("evaluated before the check", 1);
        } catch (ArrayIndexOutOfBoundsException e) {
            note(e.getMessage(), 0);
        }
        int[] none = null;
        try {
            none[note("null index", 0)] = note("null value", 1);
        } catch (NullPointerException e) {
            note("npe", 0);
        }
        try {
            return note("left", 1) / note("right", 0) + note("never", 0);
        } catch (ArithmeticException e) {
            return array[0] * 10 + array[2];
        }
    }

    static void flush(Object result) {
        System.out.println(result + " [" + log.toString().trim() + "]");
        log.setLength(0);
    }

    public static void main(String[] args) {
        flush(overrides(0));
        flush(overrides(1));
        flush(valueSaved());
        for (int k = 0; k < 6; k++) flush(nested(k));
        flush(loops());
        flush(wide(1L << 35, 0.5, 1) + " " + wide(1, 1, 0));
        flush(recursion(500));
        flush(order());
    }
}
