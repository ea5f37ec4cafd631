import java.lang.invoke.*;
import java.util.*;

/* Lookup, invocation and combination of method handles. */
public class MethodHandleBasics {
    private int number = 7;
    static long counter = 40;
    final String tag;
    MethodHandleBasics(String tag) { this.tag = tag; }
    static int add(int a, int b) { return a + b; }
    static double mix(byte b, short s, char c, long l, float f, double d) { return b + s + c + l + f + d; }
    String join(String x, int n) { return tag + x + n; }
    private String secret() { return "secret-" + tag; }
    static String varargs(Object... xs) { return Arrays.toString(xs); }
    interface Shape { default String describe() { return "shape " + area(); } double area(); }
    record Square(double side) implements Shape { public double area() { return side * side; } }
    static class Base { String who() { return "base"; } }
    static class Derived extends Base {
        String who() { return "derived"; }
        static MethodHandle superWho() throws Throwable {
            return MethodHandles.lookup().findSpecial(Base.class, "who", MethodType.methodType(String.class), Derived.class);
        }
    }

    public static void main(String[] args) throws Throwable {
        MethodHandles.Lookup l = MethodHandles.lookup();
        MethodHandle add = l.findStatic(MethodHandleBasics.class, "add", MethodType.methodType(int.class, int.class, int.class));
        System.out.println((int) add.invokeExact(2, 3));
        System.out.println(add.invoke((byte) 1, (short) 2));
        System.out.println(add.invokeWithArguments(10, 20));
        System.out.println(add.type());
        MethodHandle mix = l.findStatic(MethodHandleBasics.class, "mix", MethodType.fromMethodDescriptorString("(BSCJFD)D", null));
        System.out.println((double) mix.invokeExact((byte) 1, (short) 2, 'A', 4L, 5f, 6d));
        MethodHandle ctor = l.findConstructor(MethodHandleBasics.class, MethodType.methodType(void.class, String.class));
        MethodHandleBasics o = (MethodHandleBasics) ctor.invokeExact("T");
        MethodHandle join = l.findVirtual(MethodHandleBasics.class, "join", MethodType.methodType(String.class, String.class, int.class));
        System.out.println((String) join.invokeExact(o, "x", 5));
        System.out.println(join.bindTo(o).invoke("y", 6));
        System.out.println(l.findVirtual(MethodHandleBasics.class, "secret", MethodType.methodType(String.class)).invoke(o));
        MethodHandle get = l.findGetter(MethodHandleBasics.class, "number", int.class);
        MethodHandle set = l.findSetter(MethodHandleBasics.class, "number", int.class);
        set.invokeExact(o, 99);
        System.out.println((int) get.invokeExact(o));
        MethodHandle sget = l.findStaticGetter(MethodHandleBasics.class, "counter", long.class);
        MethodHandle sset = l.findStaticSetter(MethodHandleBasics.class, "counter", long.class);
        sset.invokeExact((long) sget.invokeExact() + 2);
        System.out.println(counter);
        MethodHandle area = l.findVirtual(Shape.class, "area", MethodType.methodType(double.class));
        System.out.println((double) area.invoke(new Square(3)));
        System.out.println(l.findVirtual(Shape.class, "describe", MethodType.methodType(String.class)).invoke(new Square(2)));
        System.out.println(l.findVirtual(Shape.class, "hashCode", MethodType.methodType(int.class)).type());
        System.out.println(Derived.superWho().invoke(new Derived()));
        System.out.println(l.findVirtual(Base.class, "who", MethodType.methodType(String.class)).invoke(new Derived()));
        MethodHandle va = l.findStatic(MethodHandleBasics.class, "varargs", MethodType.methodType(String.class, Object[].class));
        System.out.println(va.invoke(1, "two", 3.0) + " " + va.isVarargsCollector() + " " + va.invoke());
        System.out.println(MethodHandles.filterReturnValue(add, l.findStatic(String.class, "valueOf", MethodType.methodType(String.class, int.class))).invoke(4, 5));
        System.out.println(MethodHandles.insertArguments(add, 1, 100).invoke(1));
        System.out.println(MethodHandles.dropArguments(add, 1, String.class).invoke(1, "ignored", 2));
        System.out.println(MethodHandles.permuteArguments(MethodHandles.explicitCastArguments(add, MethodType.methodType(int.class, long.class, int.class)),
            MethodType.methodType(int.class, int.class, long.class), 1, 0).invoke(3, 0x1_0000_0004L));
        MethodHandle isEmpty = l.findVirtual(String.class, "isEmpty", MethodType.methodType(boolean.class));
        MethodHandle guard = MethodHandles.guardWithTest(isEmpty, MethodHandles.dropArguments(MethodHandles.constant(String.class, "EMPTY"), 0, String.class), MethodHandles.identity(String.class));
        System.out.println(guard.invoke("") + " " + guard.invoke("full"));
        MethodHandle thrower = MethodHandles.throwException(String.class, IllegalStateException.class);
        MethodHandle caught = MethodHandles.catchException(thrower, IllegalStateException.class,
            l.findVirtual(Throwable.class, "getMessage", MethodType.methodType(String.class)).asType(MethodType.methodType(String.class, IllegalStateException.class)));
        System.out.println(caught.invoke(new IllegalStateException("caught it")));
        MethodHandle spread = add.asSpreader(Object[].class, 2);
        System.out.println(spread.invoke(new Object[] {20, 22}));
        MethodHandle aget = MethodHandles.arrayElementGetter(long[].class), aset = MethodHandles.arrayElementSetter(long[].class);
        long[] la = new long[2];
        aset.invokeExact(la, 1, 5L);
        System.out.println((long) aget.invokeExact(la, 1) + " " + MethodHandles.arrayLength(long[].class).invoke(la) + " " + ((int[]) MethodHandles.arrayConstructor(int[].class).invoke(4)).length);
        MethodHandle loop = MethodHandles.countedLoop(MethodHandles.constant(int.class, 5), MethodHandles.constant(int.class, 0), add);
        System.out.println(loop.invoke());
        System.out.println(MethodHandles.foldArguments(MethodHandles.dropArguments(add, 2, int.class), 0, add).type());
        System.out.println(l.revealDirect(add).getName() + " " + MethodHandleInfo.referenceKindToString(l.revealDirect(area).getReferenceKind()));
        System.out.println(l.unreflect(String.class.getMethod("length")).invoke("12345"));
        System.out.println(MethodHandleProxies.asInterfaceInstance(Comparator.class, l.findVirtual(String.class, "compareTo", MethodType.methodType(int.class, String.class)).asType(MethodType.methodType(int.class, Object.class, Object.class))).compare("a", "b"));
    }
}
