import java.io.*;
import java.util.*;
import java.util.function.*;

/* Lambdas, method references, string concatenation, records, pattern matching, switch on strings and enums. */
public class Lambdas {
    enum Color { RED, GREEN { String tone() { return "leafy"; } }, BLUE; String tone() { return name().toLowerCase(); } }
    record Point(int x, long y, String label, double[] data) { Point { if (x < 0) throw new IllegalArgumentException("x " + x); } Point(int x) { this(x, x, "p", null); } }
    record Empty() { }
    record Generic<T extends Comparable<T>>(T a, T b) { T max() { return a.compareTo(b) > 0 ? a : b; } }
    sealed interface Expr permits Num, Sum { }
    record Num(int v) implements Expr { }
    record Sum(Expr l, Expr r) implements Expr { }
    interface TriFunction<A, B, C, R> extends Serializable { R apply(A a, B b, C c); default TriFunction<A, B, C, String> text() { return (a, b, c) -> "<" + apply(a, b, c) + ">"; } }
    final int base;
    Lambdas(int base) { this.base = base; }
    int plus(int x) { return base + x; }
    Supplier<IntUnaryOperator> nested() { return () -> x -> { IntUnaryOperator again = y -> y + base + x; return again.applyAsInt(x * 2); }; }
    static int eval(Expr e) { if (e instanceof Num n) return n.v(); if (e instanceof Sum s) return eval(s.l()) + eval(s.r()); throw new AssertionError(); }
    static String concat(boolean z, byte b, short s, char c, int i, long l, float f, double d, Object o) { return "z" + z + b + ':' + s + c + i + "\u0001" + l + "\u0002" + f + "," + d + o + "é漢"; }
    static <T> T twice(UnaryOperator<T> op, T t) { return op.apply(op.apply(t)); }
    static String kind(Object o) {
        switch (String.valueOf(o)) {
            case "Aa": case "BB": return "collide";
            case "null": return "nothing";
            default: return o instanceof Integer i && i > 10 ? "big" : o.getClass().getSimpleName();
        }
    }

    public static void main(String[] args) throws Exception {
        Lambdas l = new Lambdas(100);
        IntUnaryOperator bound = l::plus;
        Function<Integer, Lambdas> make = Lambdas::new;
        BiFunction<Lambdas, Integer, Integer> unbound = Lambdas::plus;
        IntFunction<int[][]> arrays = int[][]::new;
        System.out.println(bound.applyAsInt(5) + " " + make.apply(3).plus(4) + " " + unbound.apply(l, 9) + " " + arrays.apply(2).length);
        System.out.println(l.nested().get().applyAsInt(7));
        Supplier<String> sup = new StringBuilder("sb")::toString;
        ToLongFunction<Object> hash = Object::hashCode;
        Function<Object, String> str = Object::toString;
        Comparator<String> cmp = Comparator.comparing(String::length).thenComparing(Comparator.reverseOrder());
        List<String> words = new ArrayList<>(List.of("pear", "fig", "apple", "kiwi", "date"));
        words.sort(cmp);
        System.out.println(sup.get() + hash.applyAsLong("a") + str.apply(List.of(1)) + words);
        System.out.println(concat(true, (byte) -1, (short) 300, 'q', 1 << 30, Long.MIN_VALUE, 1.5f, -0.0, null));
        String acc = "";
        for (int i = 0; i < 5; i++) acc += i + (i % 2 == 0 ? "e" + 'e' : "odd");
        System.out.println(acc + Lambdas.<Integer>twice(x -> x * x, 5));
        TriFunction<Integer, Long, String, String> tri = (a, b, c) -> a + b + c;
        System.out.println(tri.text().apply(1, 2L, "3"));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) { out.writeObject(tri); }
        @SuppressWarnings("unchecked") TriFunction<Integer, Long, String, String> back = (TriFunction<Integer, Long, String, String>) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        System.out.println(back.apply(4, 5L, "6"));
        Point p = new Point(3, 4, "lab", null), q = new Point(3, 4, "lab", null);
        System.out.println(p + " " + p.equals(q) + " " + (p.hashCode() == q.hashCode()) + " " + new Empty() + new Empty().hashCode() + " " + new Generic<>("a", "b").max() + " " + new Point(8));
        try { new Point(-1); } catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
        System.out.println(eval(new Sum(new Num(1), new Sum(new Num(2), new Num(3)))) + " " + new Sum(new Num(1), new Num(2)));
        for (Color c : Color.values())
            System.out.print(switch (c) { case RED -> "r"; case GREEN -> { String s = c.tone(); yield s; } case BLUE -> c.tone() + c.ordinal(); } + " ");
        System.out.println(Color.valueOf("GREEN").getDeclaringClass() + " " + new EnumMap<>(Map.of(Color.BLUE, 1, Color.RED, 2)) + EnumSet.complementOf(EnumSet.of(Color.RED)));
        try { Color.valueOf("PINK"); } catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
        System.out.println(kind("Aa") + kind("BB") + kind(null) + kind(11) + kind(9));
        Runnable[] rs = new Runnable[3];
        for (int i = 0; i < rs.length; i++) { int n = i; rs[i] = () -> System.out.print(n + l.base + ";"); }
        for (Runnable r : rs) r.run();
        System.out.println();
        Runnable same1 = () -> { }, same2 = () -> { };
        System.out.println(same1.getClass().isHidden() + " " + same1.getClass().isSynthetic() + " " + (same1.getClass() == same2.getClass()) + " " + same1.getClass().getSimpleName().startsWith("Lambdas$$Lambda$"));
        Function<Integer, Function<Integer, Function<Integer, Integer>>> curried = a -> b -> c -> a * b + c;
        System.out.println(curried.apply(3).apply(4).apply(5));
        Callback cb = Lambdas::<String>generic;
        System.out.println(cb.call("g"));
        try { ((Supplier<Integer>) () -> Integer.parseInt("x")).get(); } catch (NumberFormatException e) { System.out.println(e.getMessage() + " " + e.getStackTrace()[0].getMethodName()); }
        String block = """
            text "block" \
            joined
              indented\ttab
            """;
        System.out.print(block);
        var map = new TreeMap<String, List<Integer>>();
        for (int i = 0; i < 6; i++) map.computeIfAbsent(i % 2 == 0 ? "even" : "odd", k -> new ArrayList<>()).add(i);
        map.merge("odd", List.of(99), (a, b) -> { a.addAll(b); return a; });
        System.out.println(map);
    }
    interface Callback { String call(String s); }
    static <T> String generic(T t) { return "generic " + t; }
}
