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
    public static Object any(Object value) { return value == null ? "nothing" : value.getClass().getSimpleName(); }
    public static Point point(int x, String name) { return new Point(x, List.of(name)); }
    public static double infinite() { return 1.0 / 0; }
    public static Thread thread() { return Thread.currentThread(); }
    public static void nothing() { }
    public static int fail(String why) { throw new IllegalStateException(why); }
    public static int lose() throws java.io.IOException { throw new java.io.IOException(); }
    public static int deep(int n) { return deep(n + 1) + 1; }
    public static int sleep(int ms) throws InterruptedException { Thread.sleep(ms); return ms; }
    public static int leave(int status) { System.exit(status); return 0; }
    public static int fill() { List<long[]> all = new java.util.ArrayList<>(); while (true) all.add(new long[1 << 16]); }
}
