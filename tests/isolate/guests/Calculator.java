import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Handlers of every kind. */
public class Calculator {
    public enum Mode { PLAIN, FANCY }
    public record Point(int x, List<String> names) { }

    private static int calls;

    public static byte[] handle(byte[] message) {
        calls++;
        return message;
    }

    public static int calls() { return calls; }
    public static long add(long a, long b) { return a + b; }
    public static String add(String a, String b) { return a + b; }
    public static double half(double x) { return x / 2; }
    public static BigInteger square(BigInteger x) { return x.multiply(x); }
    public static boolean not(boolean x) { return !x; }
    public static char next(char c) { return (char) (c + 1); }
    public static String mode(Mode mode) { return mode.name().toLowerCase(); }
    public static byte narrow(byte b) { return b; }
    public static int length(byte[] bytes) { return bytes.length; }
    public static byte[] bytes(int n) { return new byte[n]; }
    public static int sum(int[] numbers) { int s = 0; for (int n : numbers) s += n; return s; }
    public static int total(List<Integer> numbers) { return numbers.stream().mapToInt(n -> n).sum(); }
    public static Map<String, Long> sizes(Map<String, List<Object>> lists) {
        Map<String, Long> sizes = new TreeMap<>();
        lists.forEach((name, list) -> sizes.put(name, (long) list.size()));
        return sizes;
    }
    public static BigDecimal exact(BigDecimal x) { return x; }
    public static Number number(Number x) { return x; }
    public static BigInteger whole(BigInteger x) { return x; }
    public static float single(float x) { return x; }
    public static long same(long x) { return x; }
    public static Object same(Object x) { return x; }
    public static int first(List<? extends Integer> numbers) { Integer first = numbers.get(0); return first; }
    public static Object each(Iterable<Object> values) { return values; }
    public static String kind(Object value) { return "Object"; }
    public static String kind(Map<String, Object> value) { return "Map"; }
    public static String kind(List<Object> value) { return "List"; }
    public static String kind(Long value) { return "Long"; }
    public static String kind(Mode value) { return "Mode"; }
    @SuppressWarnings("rawtypes")
    public static Object raw(Iterable values) { return values; }
    public record Failing(int x) { public int x() { throw new IllegalStateException("no x"); } }
    public static Failing failing() { return new Failing(1); }
    public static Number odd(boolean good) {
        return new Number() {
            public int intValue() { return 12; }
            public long longValue() { return 12; }
            public float floatValue() { return 12; }
            public double doubleValue() { return 12; }
            public String toString() { return good ? "12" : "a dozen"; }
        };
    }
    public static Object any(Object value) { return value == null ? "nothing" : value.getClass().getSimpleName(); }
    public static Point point(int x, String name) { return new Point(x, List.of(name)); }
    public static double infinite() { return 1.0 / 0; }
    public static Thread thread() { return Thread.currentThread(); }
    public static void nothing() { }
    public static int fail(String why) { throw new IllegalStateException(why); }
    public static void wordy(int length) { throw new IllegalStateException("w".repeat(length)); }
    public static int lose() throws java.io.IOException { throw new java.io.IOException(); }
    public static int deep(int n) { return deep(n + 1) + 1; }
    public static int sleep(int ms) throws InterruptedException { Thread.sleep(ms); return ms; }
    public static int leave(int status) { System.exit(status); return 0; }
    public static int fill() { List<long[]> all = new java.util.ArrayList<>(); while (true) all.add(new long[1 << 16]); }
}
