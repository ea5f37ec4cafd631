// Interface default methods: diamonds, re-abstraction, super calls, private and static interface methods, generic bridges.
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

public class LangDefaults {
    interface A { default String who() { return "A"; } default String only() { return "A.only " + who(); } }
    interface B extends A { default String who() { return "B<" + A.super.who(); } }
    interface C extends A { default String who() { return "C<" + A.super.who(); } }
    interface D extends A { }
    static class BD implements B, D { }
    static class DB implements D, B, A { }
    static class BC implements B, C { public String who() { return B.super.who() + "+" + C.super.who(); } }
    interface Reabstract extends A { String who(); }
    static abstract class Half implements Reabstract { String call() { return who(); } }
    static class Full extends Half { public String who() { return "full"; } }
    static class ClassWins { public String who() { return "class"; } }
    static class Wins extends ClassWins implements A, B { }
    static class Deep extends BD { }
    static class Deeper extends Deep implements C { public String who() { return super.who() + "/" + C.super.who(); } }

    interface Helper {
        private int secret(int k) { return k * base(); }
        private static int base() { return 100; }
        static int entry(Helper h) { return h.secret(2) + h.visible(); }
        default int visible() { return secret(3) + Helper.base(); }
    }

    interface Convert<T, R> { R apply(T t); default R twice(T t) { apply(t); return apply(t); } }
    static class Length implements Convert<String, Integer> { int calls; public Integer apply(String s) { calls++; return s.length(); } }
    interface Named<T extends Comparable<T>> extends Comparable<Named<T>> {
        T key();
        default int compareTo(Named<T> o) { return key().compareTo(o.key()); }
    }
    record Item(String key) implements Named<String> { }

    interface Countdown extends Iterable<Integer> {
        int from();
        @Override default Iterator<Integer> iterator() {
            return new Iterator<>() {
                int next = from();
                public boolean hasNext() { return next > 0; }
                public Integer next() { if (next <= 0) throw new NoSuchElementException("done"); return next--; }
            };
        }
    }

    interface Fluent<S extends Fluent<S>> { S self(); default S log(String s) { System.out.println("log " + s); return self(); } }
    static class Impl implements Fluent<Impl> { public Impl self() { return this; } Impl extra() { System.out.println("extra"); return this; } }

    public static void main(String[] args) {
        A[] all = {new BD(), new DB(), new BC(), new Full(), new Wins(), new Deep(), new Deeper(), new A() { }, new D() { },
                   new C() { public String who() { return "anonymous " + C.super.who(); } }};
        for (A a : all) System.out.println(a.who() + " | " + a.only());
        System.out.println(new Full().call());
        Helper h = new Helper() { };
        System.out.println(Helper.entry(h) + " " + h.visible());
        Length l = new Length();
        Convert<String, Integer> raw = l;
        System.out.println(raw.twice("four") + " " + l.calls);
        try {
            @SuppressWarnings({"unchecked", "rawtypes"}) Object o = ((Convert) raw).apply(5);
            System.out.println(o);
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        List<Item> items = new java.util.ArrayList<>(List.of(new Item("pear"), new Item("apple"), new Item("fig")));
        java.util.Collections.sort(items);
        System.out.println(items + " " + items.get(0).compareTo(items.get(1)));
        items.sort(Comparator.<Item>naturalOrder().reversed().thenComparing(Item::key));
        System.out.println(items);
        Countdown c = () -> 4;
        for (int i : c) System.out.print(i + " ");
        c.forEach(i -> System.out.print(i * 10 + " "));
        System.out.println();
        try {
            Iterator<Integer> it = ((Countdown) () -> 0).iterator();
            it.next();
        } catch (NoSuchElementException e) {
            System.out.println(e);
        }
        try {
            c.iterator().remove();
        } catch (UnsupportedOperationException e) {
            System.out.println(e);
        }
        new Impl().log("one").extra().log("two");
        for (Class<?> k : new Class<?>[] {A.class, B.class, BC.class, Helper.class, Item.class, Length.class}) {
            java.lang.reflect.Method[] methods = k.getDeclaredMethods();
            java.util.Arrays.sort(methods, Comparator.comparing(java.lang.reflect.Method::toString));
            for (var m : methods) {
                if (!m.getName().startsWith("lambda")) System.out.println(m + " default " + m.isDefault() + " bridge " + m.isBridge());
            }
        }
    }
}
