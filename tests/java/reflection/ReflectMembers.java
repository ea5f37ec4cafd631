import java.lang.reflect.*;
import java.util.*;
import java.util.function.Function;

/** Declared fields, methods, constructors: modifiers, generic signatures, exceptions, parameters, member order by name. */
public class ReflectMembers {
    static abstract class Base<T extends Comparable<T>> implements Iterable<T> {
        public static final int CONSTANT = 3;
        protected volatile long big;
        transient Map<String, ? extends List<T>> table;
        private T[] items;
        int[][] grid;
        protected Base(T first, int... rest) throws java.io.IOException { }
        private Base() { }
        public abstract T pick(List<? super T> from) throws IllegalStateException, java.io.IOException;
        protected static synchronized <K, V extends Number & Runnable> Map<K, V> make(Function<? super K, V> f, K[] keys) { return null; }
        final strictfp double compute(float a, double b) { return a * b; }
        native void nativeMethod(char c, boolean z);
        public void varargs(Object... all) { }
    }

    static class Derived extends Base<String> implements Comparable<Derived> {
        Derived() throws java.io.IOException { super("x"); }
        public String pick(List<? super String> from) { return null; }
        public Iterator<String> iterator() { return null; }
        public int compareTo(Derived other) { return 0; }
    }

    record Point(int x, @Deprecated List<String> names, double... more) { static int count; }
    interface Api { int VALUE = new Random(1).nextInt(); void a(); default void b() { } static void c() { } private void d() { } }
    @interface Note { String value() default "none"; int[] numbers() default {1, 2}; }
    enum Level { LOW, HIGH; static Level top() { return HIGH; } }

    static void show(Class<?> c) {
        System.out.println("== " + c.toGenericString() + " super " + c.getGenericSuperclass() + " implements "
            + Arrays.toString(c.getGenericInterfaces()) + " type parameters " + Arrays.toString(c.getTypeParameters()));
        List<String> lines = new ArrayList<>();
        for (Field f : c.getDeclaredFields())
            lines.add("field " + f.toGenericString() + " | " + f + " | " + Modifier.toString(f.getModifiers()) + (f.isSynthetic() ? " synthetic" : "")
                + (f.isEnumConstant() ? " enum" : ""));
        if (!c.isInterface() && !c.isRecord())
            lines.sort(null);
        lines.forEach(System.out::println);
        lines.clear();
        for (Method m : c.getDeclaredMethods())
            if (!m.getName().startsWith("lambda$"))
                lines.add("method " + m.toGenericString() + " | " + m + " | " + m.getModifiers() + (m.isBridge() ? " bridge" : "")
                    + (m.isVarArgs() ? " varargs" : "") + (m.isDefault() ? " default" : "") + (m.isSynthetic() ? " synthetic" : "")
                    + " throws " + Arrays.toString(m.getExceptionTypes()) + " default " + deep(m.getDefaultValue()));
        Collections.sort(lines);
        lines.forEach(System.out::println);
        lines.clear();
        for (Constructor<?> k : c.getDeclaredConstructors()) {
            StringBuilder b = new StringBuilder("constructor " + k.toGenericString() + " | " + k + " |");
            for (Parameter p : k.getParameters())
                b.append(' ').append(p.isNamePresent() ? p.getName() : "-").append(p.isImplicit() ? "!" : "").append(p.isVarArgs() ? "..." : "");
            lines.add(b.toString());
        }
        Collections.sort(lines);
        lines.forEach(System.out::println);
    }

    static String deep(Object o) {
        return o instanceof int[] ? Arrays.toString((int[]) o) : String.valueOf(o);
    }

    static void lookups() throws Exception {
        System.out.println(Derived.class.getMethod("pick", List.class).getReturnType());
        System.out.println(Derived.class.getMethod("varargs", Object[].class).getDeclaringClass());
        System.out.println(Base.class.getMethod("pick", List.class).equals(Derived.class.getMethod("pick", List.class)));
        System.out.println(Base.class.getDeclaredField("big").equals(Base.class.getDeclaredField("big")));
        System.out.println(Base.class.getDeclaredField("big").getName() == "big");
        System.out.println(Base.class.getDeclaredMethod("varargs", Object[].class).getName() == "varargs");
        for (String name : new String[] {"none", "<init>", "<clinit>", "pick"}) {
            try {
                System.out.println(Level.class.getDeclaredMethod(name));
            } catch (NoSuchMethodException e) {
                System.out.println(e);
            }
        }
        try {
            Base.class.getField("big");
        } catch (NoSuchFieldException e) {
            System.out.println(e);
        }
        System.out.println(Derived.class.getField("CONSTANT"));
        System.out.println(int[].class.getDeclaredFields().length + " " + int.class.getDeclaredMethods().length + " "
            + int[].class.getMethods().length + " " + Runnable.class.getDeclaredConstructors().length);
        System.out.println(int[].class.getMethod("hashCode"));
    }

    static void modifiers() {
        Class<?>[] all = {int.class, void.class, int[].class, Base.class, Base[].class, Derived[][].class, Api.class, Note.class, Level.class,
            Point.class, String.class, Map.Entry.class, Runnable[].class, Thread.State.class, Override.class};
        for (Class<?> c : all)
            System.out.println(c.getName() + " " + Modifier.toString(c.getModifiers()) + " " + Integer.toHexString(c.getModifiers())
                + (c.isInterface() ? " interface" : "") + (c.isArray() ? " array" : "") + (c.isPrimitive() ? " primitive" : "")
                + (c.isAnnotation() ? " annotation" : "") + (c.isEnum() ? " enum" : "") + (c.isRecord() ? " record" : "")
                + " " + c.getSuperclass() + " " + Arrays.toString(c.getInterfaces()) + " " + c.getComponentType());
    }

    public static void main(String[] args) throws Exception {
        Class<?>[] all = {Base.class, Derived.class, Point.class, Api.class, Note.class, Level.class};
        for (Class<?> c : all)
            show(c);
        lookups();
        modifiers();
    }
}
