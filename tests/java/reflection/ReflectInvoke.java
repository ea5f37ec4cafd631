import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.Callable;

/** Method.invoke and Constructor.newInstance: conversions, dispatch, errors, class initialization. */
public class ReflectInvoke {
    static void run(String name, Callable<?> body) {
        try {
            Object result = body.call();
            System.out.println(name + ": " + result + (result == null ? "" : " " + result.getClass().getName()));
        } catch (InvocationTargetException e) {
            System.out.println(name + ": " + e + " caused by " + e.getCause());
        } catch (Throwable e) {
            System.out.println(name + ": " + e);
        }
    }

    public static boolean bool(boolean v) { return !v; }
    public static byte bytes(byte v) { return (byte) (v + 200); }
    public static char chars(char v) { return (char) (v + 1); }
    public static short shorts(short v) { return (short) (v + 40000); }
    public static int ints(int v) { return v + 1; }
    public static long longs(long v) { return v + 1; }
    public static float floats(float v) { return v + 0.5f; }
    public static double doubles(double v) { return v + 0.5; }
    public static void nothing() { }
    public static String mixed(int a, long b, String c, double d, byte e, float f, Object[] g, char h, boolean i, short j) {
        return a + "," + b + "," + c + "," + d + "," + e + "," + f + "," + Arrays.toString(g) + "," + h + "," + i + "," + j;
    }
    public static String varargs(String... all) { return String.join("+", all); }
    public static Object thrower(Throwable t) throws Throwable { throw t; }
    public static int deep(int n) { return n == 0 ? 0 : 1 + deep(n - 1); }

    interface Shape { default String name() { return "shape " + sides(); } int sides(); }
    static class Square implements Shape { public int sides() { return 4; } private String secret() { return "square's"; } }
    static class Odd extends Square {
        public int sides() { return 5; }
        public String name() { return "odd " + Shape.class.getSimpleName(); }
        private String secret() { return "odd's"; }
        protected String over(Object o) { return "odd over"; }
    }
    abstract static class Abstract { Abstract() { } abstract void m(); }
    static class Noisy { static { System.out.println("Noisy initialized"); } static int value() { return 42; } Noisy() { } }
    static class Broken { static int zero = 0; static int bad = 1 / zero; Broken() { } static void m() { } }
    static class Holder {
        final int a; final String b;
        Holder(int a, String b) { this.a = a; this.b = b; }
        private Holder(long l) { this((int) l, "long"); }
        Holder() { throw new IllegalStateException("no arguments"); }
        public String toString() { return "Holder(" + a + ", " + b + ")"; }
    }
    class Inner { final int x; Inner(int x) { this.x = x; } public String toString() { return "Inner " + x; } }
    enum Color { RED, GREEN { int v() { return 2; } }; int v() { return 1; } }

    static Method method(Class<?> c, String name, Class<?>... types) throws Exception {
        Method m = c.getDeclaredMethod(name, types);
        m.setAccessible(true);
        return m;
    }

    static void conversions() throws Exception {
        Object[] values = {true, (byte) 100, 'c', (short) 30000, 70000, 1L << 40, 1.25f, 2.5, "text", null};
        Class<?>[] types = {boolean.class, byte.class, char.class, short.class, int.class, long.class, float.class, double.class};
        String[] names = {"bool", "bytes", "chars", "shorts", "ints", "longs", "floats", "doubles"};
        for (int i = 0; i < types.length; i++) {
            Method m = ReflectInvoke.class.getMethod(names[i], types[i]);
            for (Object value : values)
                run(names[i] + "(" + value + ")", () -> m.invoke(null, value));
        }
        Method mixed = ReflectInvoke.class.getMethod("mixed", int.class, long.class, String.class, double.class, byte.class,
            float.class, Object[].class, char.class, boolean.class, short.class);
        run("mixed", () -> mixed.invoke(null, 'a', 'b', "c", 4.5f, (byte) 5, 6L, new String[] {"g"}, 'h', true, (byte) 9));
        run("mixed mismatch", () -> mixed.invoke(null, 1, 2, 3, 4, (byte) 5, 6, null, 'h', true, (short) 9));
    }

    static void dispatch() throws Exception {
        Method name = Shape.class.getDeclaredMethod("name"), sides = Shape.class.getDeclaredMethod("sides");
        run("default", () -> name.invoke(new Square()));
        run("overridden", () -> name.invoke(new Odd()));
        run("interface", () -> sides.invoke(new Odd()));
        run("lambda", () -> sides.invoke((Shape) () -> 7));
        Method secret = method(Square.class, "secret");
        run("private is not virtual", () -> secret.invoke(new Odd()));
        run("class", () -> Square.class.getMethod("sides").invoke(new Odd()));
        run("toString", () -> Object.class.getMethod("toString").invoke(new Holder(1, "x")));
        run("hashCode", () -> Object.class.getMethod("hashCode").invoke("abc"));
        run("array length through List", () -> java.util.List.class.getMethod("size").invoke(Arrays.asList(1, 2, 3)));
        run("enum body", () -> method(Color.class, "v").invoke(Color.GREEN));
        run("void", () -> ReflectInvoke.class.getMethod("nothing").invoke(null));
        run("static with receiver", () -> ReflectInvoke.class.getMethod("nothing").invoke("ignored"));
    }

    static void errors() throws Exception {
        Method ints = ReflectInvoke.class.getMethod("ints", int.class);
        run("too few", () -> ints.invoke(null));
        run("too many", () -> ints.invoke(null, 1, 2));
        run("null arguments", () -> ints.invoke(null, (Object[]) null));
        Method varargs = ReflectInvoke.class.getMethod("varargs", String[].class);
        run("varargs", () -> varargs.invoke(null, (Object) new String[] {"a", "b"}));
        run("varargs mismatch", () -> varargs.invoke(null, (Object) new Object[] {"a"}));
        run("wrong receiver", () -> Square.class.getMethod("sides").invoke("x"));
        Method thrower = ReflectInvoke.class.getMethod("thrower", Throwable.class);
        run("checked", () -> thrower.invoke(null, new java.io.IOException("checked")));
        run("error", () -> thrower.invoke(null, new AssertionError("error")));
        run("nested", () -> thrower.invoke(null, new InvocationTargetException(new Exception("inner"), "outer")));
        run("broken class", () -> method(Broken.class, "m").invoke(null));
        run("broken class again", () -> method(Broken.class, "m").invoke(null));
        Method hidden = Square.class.getDeclaredMethod("secret");
        run("nestmate access", () -> hidden.invoke(new Square()));
        run("no access", () -> String.class.getDeclaredMethod("isLatin1").invoke("x"));
        run("overflow", () -> {
            try {
                return ReflectInvoke.class.getMethod("deep", int.class).invoke(null, 100_000_000);
            } catch (InvocationTargetException e) {
                return e.getCause().getClass().getSimpleName();
            }
        });
    }

    static void constructors() throws Exception {
        Constructor<?> two = Holder.class.getDeclaredConstructor(int.class, String.class);
        run("constructor", () -> two.newInstance('A', "b"));
        run("constructor null", () -> two.newInstance(1, null));
        run("constructor mismatch", () -> two.newInstance("1", "b"));
        run("constructor count", () -> two.newInstance(1));
        run("constructor throws", () -> Holder.class.getDeclaredConstructor().newInstance());
        run("private constructor", () -> Holder.class.getDeclaredConstructor(long.class).newInstance((byte) 3));
        run("abstract", () -> Abstract.class.getDeclaredConstructor().newInstance());
        run("enum", () -> Color.class.getDeclaredConstructors()[0].newInstance("BLUE", 3));
        run("broken constructor", () -> Broken.class.getDeclaredConstructor().newInstance());
        run("inner", () -> Inner.class.getDeclaredConstructor(ReflectInvoke.class, int.class).newInstance(new ReflectInvoke(), 5));
        run("inner without outer", () -> Inner.class.getDeclaredConstructor(ReflectInvoke.class, int.class).newInstance(null, 5));
        Constructor<Noisy> noisy = Noisy.class.getDeclaredConstructor();
        System.out.println("before Noisy");
        run("noisy", () -> noisy.newInstance() != null);
        run("noisy value", () -> method(Noisy.class, "value").invoke(null));
        run("string", () -> String.class.getConstructor(char[].class, int.class, int.class).newInstance("hello".toCharArray(), 1, 3));
    }

    /** More calls than the inflation threshold: native accessors are replaced by generated ones. */
    static void inflation() throws Exception {
        Method longs = ReflectInvoke.class.getMethod("longs", long.class);
        Constructor<?> two = Holder.class.getDeclaredConstructor(int.class, String.class);
        long sum = 0;
        for (int i = 0; i < 50; i++) {
            sum += (Long) longs.invoke(null, i);
            sum += ((Holder) two.newInstance((short) i, "x")).a;
        }
        System.out.println("sum " + sum);
        run("inflated mismatch", () -> longs.invoke(null, "x"));
        run("inflated null", () -> longs.invoke(null, new Object[] {null}));
    }

    static int counter = 7;
    final String constant = "constant".substring(0);

    static void fields() throws Exception {
        Field counter = ReflectInvoke.class.getDeclaredField("counter");
        counter.set(null, (byte) 9);
        run("static field", () -> counter.get(null));
        run("as long", () -> counter.getLong(null));
        run("as byte", () -> counter.getByte(null));
        Field constant = ReflectInvoke.class.getDeclaredField("constant");
        ReflectInvoke o = new ReflectInvoke();
        run("final field", () -> { constant.set(o, "changed"); return null; });
        constant.setAccessible(true);
        run("opened final field", () -> { constant.set(o, "changed"); return constant.get(o); });
        run("field of a wrong object", () -> constant.get("x"));
        run("field mismatch", () -> { counter.set(null, "x"); return null; });
    }

    public static void main(String[] args) throws Exception {
        conversions();
        dispatch();
        errors();
        constructors();
        inflation();
        fields();
    }
}
