import java.lang.reflect.*;
import java.util.*;
import java.util.function.Supplier;

/** Inner, local and anonymous classes, enclosing methods, nests, sealed classes, records. */
public class ReflectNesting {
    static class Nested { class Deep { } static Object anonymous = new Object() { }; }
    class Inner { private int secret = 5; }
    private interface Hidden { }
    protected enum Kind { A { }, B }
    sealed interface Shape permits Circle, Rect, Other { }
    record Circle(double radius) implements Shape { Circle { if (radius < 0) throw new IllegalArgumentException("negative"); } }
    record Rect<T extends Number>(T width, List<? extends T> heights) implements Shape { static final int N = 1; }
    non-sealed interface Other extends Shape { }
    static abstract sealed class Tree { }
    static final class Leaf extends Tree { }
    static final class Node extends Tree { }

    static Object fromInitializer;
    static { class InInitializer { } fromInitializer = new InInitializer(); }
    Object fromConstructor;
    ReflectNesting() { class InConstructor { } fromConstructor = new InConstructor(); }
    Object fromMethod(int a, String[] b) { class InMethod { } return new InMethod(); }
    Supplier<Object> fromLambda() { return () -> new Object() { }; }

    static void show(Object o) {
        Class<?> c = o instanceof Class ? (Class<?>) o : o.getClass();
        System.out.println(c.getName() + " simple '" + c.getSimpleName() + "' canonical " + c.getCanonicalName() + " type " + c.getTypeName()
            + (c.isMemberClass() ? " member" : "") + (c.isLocalClass() ? " local" : "") + (c.isAnonymousClass() ? " anonymous" : "")
            + " declaring " + c.getDeclaringClass() + " enclosing " + c.getEnclosingClass() + " method " + c.getEnclosingMethod()
            + " constructor " + c.getEnclosingConstructor() + " modifiers " + Modifier.toString(c.getModifiers())
            + " host " + c.getNestHost().getSimpleName() + (c.isSealed() ? " sealed" : "") + " permits "
            + Arrays.toString(c.getPermittedSubclasses()));
    }

    static void names(String title, Class<?>[] classes) {
        List<String> names = new ArrayList<>();
        for (Class<?> c : classes)
            names.add(c.getName());
        String first = names.isEmpty() ? "" : names.get(0);
        Collections.sort(names);
        System.out.println(title + " first " + first + " all " + names);
    }

    static void records() throws Exception {
        for (Class<?> c : new Class<?>[] {Circle.class, Rect.class, Leaf.class}) {
            RecordComponent[] components = c.getRecordComponents();
            System.out.println(c.getSimpleName() + " " + c.isRecord() + " " + (components == null ? "null" : components.length));
            for (int i = 0; components != null && i < components.length; i++) {
                RecordComponent k = components[i];
                System.out.println("  " + k + " " + k.getName() + " " + k.getType() + " " + k.getGenericType() + " " + k.getGenericSignature() + " "
                    + k.getAccessor() + " " + k.getDeclaringRecord().getSimpleName());
            }
        }
        Circle circle = new Circle(2.5);
        System.out.println(circle + " " + Circle.class.getRecordComponents()[0].getAccessor().invoke(circle) + " " + circle.equals(new Circle(2.5)));
        Field radius = Circle.class.getDeclaredField("radius");
        radius.setAccessible(true);
        System.out.println(radius.get(circle));
        try {
            radius.set(circle, 3.0);
        } catch (IllegalAccessException e) {
            System.out.println(e.getMessage());
        }
        try {
            Circle.class.getDeclaredConstructor(double.class).newInstance(-1);
        } catch (InvocationTargetException e) {
            System.out.println(e.getCause());
        }
        System.out.println(Rect.class.getDeclaredConstructors()[0].toGenericString());
    }

    public static void main(String[] args) throws Exception {
        ReflectNesting o = new ReflectNesting();
        Object[] all = {ReflectNesting.class, Nested.class, Nested.Deep.class, Nested.anonymous, Inner.class, Hidden.class, Kind.class, Kind.A, Kind.B,
            Shape.class, Circle.class, Rect.class, Other.class, Tree.class, Leaf.class, fromInitializer, o.fromConstructor,
            o.fromMethod(1, null), o.fromLambda().get(), new Object() { }, int.class, int[].class, Nested[].class, Map.Entry.class,
            Nested.Deep[][].class, Thread.State.class};
        for (Object each : all)
            show(each);
        names("declared", ReflectNesting.class.getDeclaredClasses());
        names("declared public", Map.class.getClasses());
        names("declared of nested", Nested.class.getDeclaredClasses());
        names("declared of int", int.class.getDeclaredClasses());
        names("nest", ReflectNesting.class.getNestMembers());
        names("nest of deep", Nested.Deep.class.getNestMembers());
        names("nest of array", int[].class.getNestMembers());
        System.out.println(Inner.class.isNestmateOf(Nested.Deep.class) + " " + Inner.class.isNestmateOf(String.class) + " "
            + int.class.isNestmateOf(int.class) + " " + int[].class.isNestmateOf(int.class));
        Field secret = Inner.class.getDeclaredField("secret");
        System.out.println(secret.getInt(o.new Inner()));
        records();
    }
}
