// Records: compact constructors, generated members over every type, generics, nesting, local records, reflection.
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

public class LangRecords {
    @Retention(RetentionPolicy.RUNTIME) @interface Mark { String value() default "m"; }
    record All(boolean z, byte b, char c, short s, int i, long l, float f, double d, String o, int[] a) { }
    record Empty() { static int made; Empty { made++; } }
    record Range(int low, int high) implements Comparable<Range> {
        static final Range UNIT = new Range(0, 1);
        Range {
            if (low > high) throw new IllegalArgumentException(String.format("(%d,%d)", low, high));
        }
        Range(int high) { this(0, high); }
        int length() { return high - low; }
        @Override public int compareTo(Range o) { return Integer.compare(length(), o.length()); }
    }
    record Pair<A, B>(@Mark("first") A first, @Mark B second) {
        <C> Pair<A, C> with(C c) { return new Pair<>(first, c); }
        static <T> Pair<T, T> twice(T t) { return new Pair<>(t, t); }
    }
    record Normal(String name) {
        Normal { name = name.trim().toLowerCase(); }
        @Override public String name() { return "<" + name + ">"; }
        @Override public boolean equals(Object o) { return o instanceof Normal n && n.name.charAt(0) == name.charAt(0); }
        @Override public int hashCode() { return name.charAt(0); }
    }
    record Tree(Tree left, int value, Tree right) {
        int sum() { return value + (left == null ? 0 : left.sum()) + (right == null ? 0 : right.sum()); }
    }

    public static void main(String[] args) throws Throwable {
        int[] array = {1};
        All a = new All(true, (byte) -1, 'c', (short) 3, 4, 5L << 40, -0f, Double.NaN, "o", array);
        All b = new All(true, (byte) -1, 'c', (short) 3, 4, 5L << 40, -0f, Double.NaN, "o", array);
        All c = new All(true, (byte) -1, 'c', (short) 3, 4, 5L << 40, 0f, Double.NaN, "o", array);
        All e = new All(false, (byte) 0, '0', (short) 0, 0, 0, 0, 0, null, null);
        System.out.println(a.equals(b) + " " + a.equals(c) + " " + (a.hashCode() == b.hashCode()) + " " + e + " " + e.hashCode());
        System.out.println(a.toString().replaceAll("@[0-9a-f]+", "@HASH") + a.z() + a.b() + a.c() + a.s() + a.i() + a.l() + a.f() + a.d() + a.o());
        System.out.println(new Empty() + " " + new Empty().equals(new Empty()) + " " + new Empty().hashCode() + " " + Empty.made);
        System.out.println(new Range(3, 9).length() + " " + new Range(5) + " " + Range.UNIT.compareTo(new Range(2)) + " " + new Range(1, 2).hashCode());
        try {
            new Range(5, 1);
        } catch (IllegalArgumentException x) {
            System.out.println(x.getMessage());
        }
        Pair<String, Integer> p = new Pair<>("k", 1);
        System.out.println(p.with(2.5) + " " + Pair.twice(p) + " " + p.equals(new Pair<>("k", 1)) + " " + p.equals(null) + " " + p.hashCode());
        System.out.println(new Normal("  ABC ") + " " + new Normal("abd").equals(new Normal("Ax")) + " " + new Normal("q").name());
        Tree t = null;
        for (int i = 1; i <= 50; i++) t = new Tree(t, i, i % 3 == 0 ? new Tree(null, i * 100, null) : null);
        System.out.println(t.sum() + " " + t.toString().length() + " " + t.hashCode());
        record Point(int x, int y) { double distance() { return Math.sqrt(x * x + y * y); } }
        enum LocalEnum { L, M }
        interface LocalInterface { int f(int x); }
        LocalInterface square = x -> x * x;
        System.out.println(IntStream.range(0, 5).mapToObj(i -> new Point(i, square.f(i))).filter(q -> q.distance() > 2)
                           .map(Point::toString).collect(Collectors.joining(", ")) + " " + Arrays.toString(LocalEnum.values()));
        Set<Point> set = new HashSet<>();
        for (int i = 0; i < 1000; i++) set.add(new Point(i % 10, i % 7));
        System.out.println(set.size() + " " + set.contains(new Point(3, 3)));
        for (Class<?> k : List.of(All.class, Empty.class, Pair.class, Point.class, String.class)) {
            System.out.println(k.getSimpleName() + " " + k.isRecord() + " " + k.getSuperclass() + " " + java.lang.reflect.Modifier.toString(k.getModifiers()));
            if (k.isRecord()) for (var rc : k.getRecordComponents()) {
                System.out.println("  " + rc + " " + rc.getGenericType() + " " + rc.getAccessor() + " " + Arrays.toString(rc.getAnnotations()));
            }
        }
        System.out.println(All.class.getRecordComponents()[5].getAccessor().invoke(a));
        try {
            var f = Range.class.getDeclaredField("low");
            f.setAccessible(true);
            f.setInt(Range.UNIT, 9);
        } catch (IllegalAccessException x) {
            System.out.println(x.getMessage());
        }
        System.out.println(Range.class.getDeclaredConstructors().length + " " + p.getClass().getDeclaredMethods().length);
    }
}
