// Lambdas and method references of all kinds: captures of every type, constructors, super and bound references, recursion.
import java.util.*;
import java.util.concurrent.Callable;
import java.util.function.*;

public class LangLambdas {
    interface Tri<A, B, C, R> { R apply(A a, B b, C c); default Tri<A, B, C, String> text() { return (a, b, c) -> "t" + apply(a, b, c); } }
    interface Prim { double f(byte b, short s, char c, int i, long l, float f, double d, boolean z); }
    interface Maker<T> { T make(int n); }
    interface VarMaker { List<Object> make(Object a, Object b, Object c); }
    interface Thrower<X extends Exception> { void run() throws X; }
    interface Both extends IntUnaryOperator, Comparable<String> { default int compareTo(String s) { return applyAsInt(s.length()); } }

    int field = 7;
    static int shared = 70;
    String name() { return "outer"; }

    static class Child extends LangLambdas {
        @Override String name() { return "child"; }
        Supplier<String> superName() { return super::name; }
        Supplier<String> thisName() { return this::name; }
        Supplier<Supplier<String>> nested() { return () -> () -> name() + super.name() + field; }
        class Inside { IntSupplier s = () -> field++ + shared++; }
    }

    static String captures(boolean z, byte b, char c, short s, int i, long l, float f, double d, String o, int[] a) {
        Supplier<String> all = () -> z + " " + b + " " + c + " " + s + " " + i + " " + l + " " + f + " " + d + " " + o + " " + a[0]++;
        return all.get() + " " + all.get();
    }

    static <T> List<T> gather(T... all) { return new ArrayList<>(Arrays.asList(all)); }
    static int fact(int n) { IntUnaryOperator[] f = new IntUnaryOperator[1]; f[0] = k -> k < 2 ? 1 : k * f[0].applyAsInt(k - 1); return f[0].applyAsInt(n); }
    static <X extends Exception> void sneaky(Thrower<X> t) throws X { t.run(); }
    static Integer boxed(int x) { return x + 1; }
    static long widened(int x) { return x * 2L; }

    public static void main(String[] args) throws Exception {
        System.out.println(captures(true, (byte) 1, 'c', (short) 2, 3, 4L << 40, 5.5f, 6.25, "o", new int[] {8}));
        Child child = new Child();
        System.out.println(child.superName().get() + child.thisName().get() + child.nested().get().get());
        Child.Inside inside = child.new Inside();
        System.out.println(inside.s.getAsInt() + inside.s.getAsInt() + " " + child.field + shared);
        Function<String, Integer> unbound = String::length;
        Supplier<Integer> bound = "bound"::length;
        BiFunction<String, String, Boolean> two = String::equalsIgnoreCase;
        Function<Integer, Integer> toBoxed = LangLambdas::boxed;
        ToDoubleFunction<Integer> widening = LangLambdas::widened;
        IntFunction<int[]> arrays = int[]::new;
        IntFunction<String[][]> arrays2 = String[][]::new;
        Function<Integer, List<String>> lists = ArrayList::new;
        Supplier<List<String>> empty = ArrayList<String>::new;
        Maker<StringBuilder> builder = StringBuilder::new;
        VarMaker var = LangLambdas::gather;
        Comparator<String> order = String::compareTo;
        Function<Object, String> valueOf = String::valueOf;
        Supplier<Child> constructor = Child::new;
        Function<Child, Supplier<String>> virtual = Child::superName;
        Callable<Long> call = () -> 5L;
        Prim prim = (b, s, c, i, l, f, d, z) -> b + s + c + i + l + f + d + (z ? 1 : 0);
        Tri<Integer, Integer, Integer, Integer> tri = (a, b, c) -> a * 100 + b * 10 + c;
        IntSupplier size = new int[] {1, 2, 3}.clone().length > 2 ? () -> 3 : () -> 0;
        System.out.println(unbound.apply("four") + bound.get() + " " + two.apply("A", "a") + toBoxed.apply(4) + widening.applyAsDouble(3)
            + arrays.apply(3).length + arrays2.apply(2).length + lists.apply(10) + empty.get() + builder.make(5) + var.make(1, "b", null)
            + order.compare("b", "a") + valueOf.apply(null) + constructor.get().name() + virtual.apply(child).get() + call.call()
            + prim.f((byte) 1, (short) 2, 'a', 3, 4L, 5.5f, 6.5, true) + tri.text().apply(1, 2, 3) + size.getAsInt() + fact(10));
        Both both = x -> x * x;
        System.out.println(both.applyAsInt(5) + both.compareTo("abc") + both.andThen(x -> x + 1).applyAsInt(2));
        Runnable intersect = (Runnable & java.io.Serializable) () -> System.out.println("intersection");
        intersect.run();
        System.out.println(intersect instanceof java.io.Serializable);
        Function<Integer, Function<Integer, Function<Integer, Integer>>> curried = a -> b -> c -> a - b * c;
        System.out.println(curried.apply(100).apply(3).apply(4));
        try {
            sneaky(() -> { throw new java.io.IOException("from lambda"); });
        } catch (java.io.IOException e) {
            System.out.println(e.getMessage() + " " + e.getStackTrace()[0]);
        }
        try {
            String none = null;
            Supplier<Integer> npe = none::length;
            System.out.println("not reached " + npe);
        } catch (NullPointerException e) {
            System.out.println("bound null");
        }
        try {
            unbound.apply(null);
        } catch (NullPointerException e) {
            System.out.println("unbound null");
        }
        List<Supplier<String>> list = new ArrayList<>();
        for (String s : new String[] {"x", "y", "z"}) for (int i = 0; i < 2; i++) { int k = i; list.add(() -> s + k); }
        for (Supplier<String> s : list) System.out.print(s.get() + " ");
        System.out.println();
        Supplier<Runnable> same = () -> () -> { };
        System.out.println((same.get() == same.get()) + " " + same.getClass().isSynthetic() + same.getClass().isHidden() + " "
                           + same.getClass().getInterfaces()[0] + " " + same.getClass().getSimpleName().startsWith("LangLambdas$$Lambda"));
        Map<String, BinaryOperator<Double>> ops = new TreeMap<>(Map.of("add", Double::sum, "max", Math::max, "pow", Math::pow, "sub", (a, b) -> a - b));
        ops.forEach((k, op) -> System.out.print(k + "=" + op.apply(2.0, 3.0) + " "));
        System.out.println(Optional.of("v").map(String::toUpperCase).filter(s -> s.equals("V")).orElseGet(() -> "none"));
        UnaryOperator<String> chain = UnaryOperator.identity();
        for (int i = 0; i < 50; i++) { int k = i; Function<String, String> before = chain; chain = s -> before.apply(s) + k; }
        System.out.println(chain.apply("chain "));
    }
}
