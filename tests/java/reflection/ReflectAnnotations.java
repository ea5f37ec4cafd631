import java.lang.annotation.*;
import java.lang.reflect.*;
import java.util.*;

/** Annotations on everything that can carry them, read back through the constant pool; type annotations; defaults. */
@ReflectAnnotations.All(z = true, b = -1, c = '\u20ac', s = -300, i = Integer.MIN_VALUE, j = Long.MAX_VALUE, f = 1.5f, d = -0.0,
    text = "h\u00e9llo \u0000 \ud83d\ude00", type = Map.Entry.class, types = {int.class, String[].class, void.class},
    level = ReflectAnnotations.Level.HIGH, mark = @ReflectAnnotations.Mark("nested"),
    marks = {@ReflectAnnotations.Mark("a"), @ReflectAnnotations.Mark("b")}, ints = {}, texts = "single")
@ReflectAnnotations.Tag("one")
@ReflectAnnotations.Tag("two")
@Deprecated(since = "1", forRemoval = true)
public class ReflectAnnotations {
    enum Level { LOW, HIGH }

    @Retention(RetentionPolicy.RUNTIME) @interface Mark { String value(); }
    @Retention(RetentionPolicy.CLASS) @interface Invisible { }
    @Retention(RetentionPolicy.RUNTIME) @Inherited @interface Passed { int value() default 5; }
    @Retention(RetentionPolicy.RUNTIME) @Repeatable(Tags.class) @interface Tag { String value(); }
    @Retention(RetentionPolicy.RUNTIME) @interface Tags { Tag[] value(); }
    @Retention(RetentionPolicy.RUNTIME) @Target({ElementType.TYPE_USE, ElementType.TYPE_PARAMETER}) @interface Use { int value() default 0; }
    @Retention(RetentionPolicy.RUNTIME) @interface All {
        boolean z(); byte b(); char c(); short s(); int i(); long j(); float f(); double d();
        String text(); Class<?> type(); Class<?>[] types(); Level level(); Mark mark(); Mark[] marks(); int[] ints(); String[] texts();
        long[] defaulted() default {1, 2, 3};
        Level other() default Level.LOW;
    }

    @Passed @Mark("parent") static class Parent { @Mark("run") public void run() { } }
    @Invisible static class Child extends Parent { @Override public void run() { } }

    static class Typed<@Use(1) T extends @Use(2) Comparable<@Use(3) T>> extends @Use(4) ArrayList<@Use(5) String> implements @Use(6) Runnable {
        @Use(7) String @Use(8) [] @Use(9) [] field;
        @Mark("constructor") Typed(@Mark("p0") int a, @Use(10) String b) { }
        @Mark("method") <@Use(11) X> @Use(12) String method(@Use(13) Typed<T> this, @Mark("first") @Use(14) String a, int b, @Mark("third") @Tag("t1") @Tag("t2") Object c)
            throws @Use(15) Exception { return null; }
        public void run() { }
    }

    class Inner { Inner(@Mark("inner") int a) { } }
    record Rec(@Mark("component") @Use(20) String name, int plain) { }
    enum Constants { @Mark("constant") ONE }

    static void show(String name, AnnotatedElement e) {
        System.out.println(name + ": " + Arrays.toString(e.getAnnotations()) + " declared " + Arrays.toString(e.getDeclaredAnnotations()));
    }

    static void show(String name, AnnotatedType type) {
        System.out.println(name + ": " + type);
    }

    public static void main(String[] args) throws Exception {
        All all = ReflectAnnotations.class.getAnnotation(All.class);
        System.out.println(all);
        System.out.println(all.text().length() + " " + (int) all.text().charAt(6) + " " + all.annotationType() + " " + all.defaulted().length);
        System.out.println(all.equals(ReflectAnnotations.class.getAnnotation(All.class)) + " " + all.mark().equals(all.marks()[0]));
        System.out.println(Arrays.toString(ReflectAnnotations.class.getAnnotationsByType(Tag.class)));
        System.out.println(ReflectAnnotations.class.getAnnotation(Tags.class));
        System.out.println(ReflectAnnotations.class.getAnnotation(Deprecated.class));
        show("parent", Parent.class);
        show("child", Child.class);
        show("parent.run", Parent.class.getMethod("run"));
        show("child.run", Child.class.getMethod("run"));
        Class<?> typed = Typed.class;
        Method method = null;
        for (Method m : typed.getDeclaredMethods())
            if (m.getName().equals("method"))
                method = m;
        show("method", method);
        System.out.println("parameters " + Arrays.deepToString(method.getParameterAnnotations()));
        System.out.println("constructor " + Arrays.deepToString(typed.getDeclaredConstructors()[0].getParameterAnnotations()));
        System.out.println("inner " + Arrays.deepToString(Inner.class.getDeclaredConstructors()[0].getParameterAnnotations()));
        show("superclass", typed.getAnnotatedSuperclass());
        show("interface", typed.getAnnotatedInterfaces()[0]);
        show("type parameter", typed.getTypeParameters()[0]);
        show("bound", typed.getTypeParameters()[0].getAnnotatedBounds()[0]);
        show("field", typed.getDeclaredField("field").getAnnotatedType());
        show("return", method.getAnnotatedReturnType());
        show("receiver", method.getAnnotatedReceiverType());
        show("parameter", method.getAnnotatedParameterTypes()[0]);
        show("exception", method.getAnnotatedExceptionTypes()[0]);
        show("method type parameter", method.getTypeParameters()[0]);
        show("constant", Constants.class.getField("ONE"));
        for (RecordComponent c : Rec.class.getRecordComponents()) {
            show("component " + c, (AnnotatedElement) c);
            show("component type", c.getAnnotatedType());
            show("accessor", (AnnotatedElement) c.getAccessor());
        }
        System.out.println(Passed.class.getMethod("value").getDefaultValue());
        System.out.println(All.class.getMethod("other").getDefaultValue() + " " + All.class.getMethod("z").getDefaultValue());
    }
}
