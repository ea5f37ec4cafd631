// Generics: bridge methods, covariant returns, bounded types, varargs and overload choice, heap pollution, static nesting.
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

public class LangGenerics {
    static abstract class Node<T extends Comparable<T>> implements Comparable<Node<T>> {
        abstract T get();
        void set(T t) { System.out.println("Node.set " + t); }
        public int compareTo(Node<T> o) { return get().compareTo(o.get()); }
        Node<T> self() { return this; }
    }

    static class IntNode extends Node<Integer> {
        int v;
        IntNode(int v) { this.v = v; }
        @Override Integer get() { return v; }
        @Override void set(Integer i) { System.out.println("IntNode.set " + i); v = i; }
        @Override IntNode self() { return this; }
    }

    static class Stack<E> implements Iterable<E> {
        private static class Link<E> { final E item; final Link<E> next; Link(E item, Link<E> next) { this.item = item; this.next = next; } }
        private Link<E> head;
        int size;
        @SafeVarargs final Stack<E> push(E... items) { for (E e : items) { head = new Link<>(e, head); size++; } return this; }
        E pop() { E e = head.item; head = head.next; size--; return e; }
        <R> Stack<R> map(Function<? super E, ? extends R> f) { Stack<R> s = new Stack<>(); for (E e : this) s.push(f.apply(e)); return s; }
        public Iterator<E> iterator() {
            return new Iterator<E>() {
                Link<E> at = head;
                public boolean hasNext() { return at != null; }
                public E next() { E e = at.item; at = at.next; return e; }
            };
        }
    }

    static <T extends Comparable<? super T>> T max(Iterable<? extends T> all) {
        T best = null;
        for (T t : all) if (best == null || t.compareTo(best) > 0) best = t;
        return best;
    }

    static <T extends Number & Comparable<T>> double both(T a, T b) { return a.compareTo(b) * a.doubleValue(); }
    static String f(Object o) { return "Object"; }
    static String f(String s) { return "String"; }
    static String f(Integer i) { return "Integer"; }
    static String f(int i) { return "int"; }
    static String f(long l) { return "long"; }
    static String f(double d) { return "double"; }
    static String f(Object... o) { return "varargs " + (o == null ? "null" : o.length); }
    static String f(char c, int... rest) { return "char+" + rest.length; }
    static String g(long l) { return "long"; }
    static String g(Integer i) { return "Integer"; }
    static String g(Object o) { return "Object"; }
    static String h(List<?> l) { return "List"; }
    static String h(Iterable<?> l) { return "Iterable"; }
    @SafeVarargs static <T> T[] array(T... ts) { return ts; }
    static int sum(int first, int... rest) { int s = first; for (int r : rest) s += r; return s; }
    static String count(String format, Object... args) { return String.format(format, args) + args.length; }

    @SuppressWarnings({"unchecked", "rawtypes"})
    public static void main(String[] args) throws Throwable {
        Node<Integer> n = new IntNode(3);
        n.set(5);
        System.out.println(n.get() + n.self().get() + " " + n.compareTo(new IntNode(4)) + new IntNode(1).self().v);
        try {
            ((Node) n).set("string");
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        Stack<String> s = new Stack<String>().push("a", "bbb", "cc").push();
        System.out.println(s.size + s.pop() + max(s) + max(s.map(String::length)) + s.map(String::toUpperCase).pop());
        System.out.println(both(3, 2) + both(2.5, 7.0));
        byte b = 1; short sh = 2; char c = 'c'; float fl = 1;
        System.out.println(f(b) + f(sh) + f(c) + f(1) + f(1L) + f(fl) + f("s") + f(Integer.valueOf(1)) + f(Long.valueOf(1)) + f((Object) "s")
                           + f() + f(1, 2) + f((Object[]) null) + f(new Object[3]) + f(null, null) + f(new int[2]));
        System.out.println(g(1) + g('c') + g(Integer.valueOf(1)) + g(1.0) + h(List.of()) + h(Map.of().keySet()));
        System.out.println(array("x", "y").getClass() + " " + array(1, 2.5).getClass().getSimpleName() + " " + array().getClass());
        System.out.println(sum(1) + sum(1, 2, 3) + sum(1, new int[] {10, 20}) + count("%s-%s", "p", 7) + count("none"));
        try {
            String[] wrong = LangGenerics.<String>array((String[]) (Object) new Integer[1]);
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        List<Integer> polluted = new ArrayList<>();
        ((List) polluted).add("text");
        System.out.println(polluted + " " + ((Object) polluted.get(0)).getClass());
        try {
            int i = polluted.get(0);
        } catch (ClassCastException e) {
            System.out.println(e.getMessage());
        }
        TreeMap<String, List<Integer>> groups = new TreeMap<>(Comparator.comparing(String::length).thenComparing(Comparator.reverseOrder()));
        for (String w : "the quick brown fox jumps over the lazy dog".split(" ")) groups.computeIfAbsent(w, k -> new ArrayList<>()).add(w.length());
        System.out.println(groups + " " + groups.firstEntry().getValue().get(0));
        for (Class<?> k : new Class<?>[] {IntNode.class, Stack.class, Node.class}) {
            System.out.println(k.toGenericString() + " extends " + k.getGenericSuperclass() + " " + Arrays.toString(k.getGenericInterfaces()));
            var methods = k.getDeclaredMethods();
            Arrays.sort(methods, Comparator.comparing(m -> m.getName() + m));
            for (var m : methods) System.out.println("  " + m.toGenericString() + (m.isBridge() ? " bridge" : "") + (m.isVarArgs() ? " varargs" : ""));
        }
    }
}
