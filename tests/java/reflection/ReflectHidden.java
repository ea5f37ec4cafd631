import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodHandles.Lookup.ClassOption;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

/** Lookup.defineClass and defineHiddenClass: names, nests, class data, initialization, reflection on hidden classes. */
public class ReflectHidden {
    private static String secret = "the host's secret";

    static void run(String name, Callable<?> body) {
        try {
            System.out.println(name + ": " + clean(String.valueOf(body.call())));
        } catch (Throwable e) {
            System.out.println(name + ": " + clean(e + (e.getCause() == null ? "" : " caused by " + e.getCause())));
        }
    }

    /** Hidden names end in an address. */
    static String clean(String text) {
        return text.replaceAll("/0x[0-9a-f]+", "/0xX");
    }

    static byte[] bytes(String name) throws Exception {
        try (InputStream in = ReflectHidden.class.getResourceAsStream(name + ".class")) {
            return in.readAllBytes();
        }
    }

    public static void main(String[] args) throws Throwable {
        Lookup lookup = MethodHandles.lookup();
        byte[] template = bytes("ReflectHiddenTemplate");
        Lookup plain = lookup.defineHiddenClass(template, true);
        Class<?> c = plain.lookupClass();
        System.out.println(clean(c.getName()) + " " + clean(c.getSimpleName()) + " " + c.getCanonicalName() + " " + clean(c.toString()) + " "
            + c.isHidden() + " " + clean(c.getTypeName()) + " " + clean(c.descriptorString().replace('.', '/')));
        System.out.println((c.getClassLoader() == ReflectHidden.class.getClassLoader()) + " '" + c.getPackageName() + "' " + (c.getModule() == ReflectHidden.class.getModule()));
        run("find by name", () -> Class.forName(c.getName(), false, c.getClassLoader()));
        run("array", () -> clean(java.lang.reflect.Array.newInstance(c, 1).getClass().getName()) + " " + java.lang.reflect.Array.newInstance(c, 1).getClass().getCanonicalName());
        Object o = c.getDeclaredConstructor(int.class).newInstance(7);
        run("instance", () -> o);
        run("method", () -> c.getMethod("self").invoke(o) == c);
        run("supplier", () -> ((java.util.function.IntSupplier) o).getAsInt());
        run("lambda inside", () -> ((List<?>) c.getMethod("lambda").invoke(o)).toString());
        run("no nest", () -> c.getNestHost() == c);
        run("same package", () -> c.getMethod("steal").invoke(null));
        Field value = c.getDeclaredField("value");
        value.setAccessible(true);
        run("get final", () -> value.get(o));
        run("set final", () -> { value.set(o, 8); return value.get(o); });
        run("method handle", () -> {
            try {
                return plain.findVirtual(c, "getAsInt", MethodType.methodType(int.class)).invoke(o);
            } catch (Throwable e) {
                throw new Exception(e);
            }
        });

        Lookup mate = lookup.defineHiddenClass(template, false, ClassOption.NESTMATE);
        Class<?> m = mate.lookupClass();
        run("nestmate", () -> (m.getNestHost() == ReflectHidden.class) + " " + m.isNestmateOf(ReflectHidden.class) + " "
            + Arrays.asList(ReflectHidden.class.getNestMembers()).contains(m) + " " + m.getNestMembers()[0].getName());
        run("nestmate access", () -> m.getMethod("steal").invoke(null));
        run("two definitions differ", () -> m != c && !m.getName().equals(c.getName()));

        Lookup data = lookup.defineHiddenClassWithClassData(template, List.of("class", "data"), true, ClassOption.STRONG);
        run("class data", () -> MethodHandles.classData(data, "_", List.class));
        run("class data at", () -> MethodHandles.classDataAt(data, "_", String.class, 1));
        run("no class data", () -> MethodHandles.classData(plain, "_", Object.class));
        run("wrong class data", () -> MethodHandles.classData(data, "_", Integer.class));

        run("trace", () -> {
            try {
                return c.getMethod("fail").invoke(null);
            } catch (java.lang.reflect.InvocationTargetException e) {
                StackTraceElement top = e.getCause().getStackTrace()[0];
                return e.getCause().getMessage() + " " + clean(top.getClassName()) + " " + top.getMethodName();
            }
        });
        run("reduced lookup", () -> lookup.dropLookupMode(Lookup.PRIVATE).defineHiddenClass(template, true));
        run("public lookup", () -> MethodHandles.publicLookup().defineClass(template));
        run("define", () -> lookup.defineClass(bytes("ReflectHiddenTemplate")).getName());
        run("garbage", () -> lookup.defineHiddenClass(new byte[] {1, 2, 3}, true));
        run("supertypes", () -> c.getInterfaces()[0] + " " + c.getSuperclass() + " " + c.getModifiers());
    }

    static String secretOf() {
        return secret;
    }
}

/** Defined as a hidden class; its bytes are read from its class file. */
class ReflectHiddenTemplate implements java.util.function.IntSupplier {
    private final int value;

    public ReflectHiddenTemplate(int value) {
        this.value = value;
    }

    public int getAsInt() {
        return value * 2;
    }

    public Class<?> self() {
        return ReflectHiddenTemplate.class;
    }

    public List<String> lambda() {
        java.util.function.Function<String, String> f = s -> s + "!";
        return List.of(f.apply("a"), f.apply("b"));
    }

    public static String steal() {
        return ReflectHidden.secretOf();
    }

    public static void fail() {
        throw new IllegalStateException("from a hidden class");
    }

    @Override public String toString() {
        return "template " + value + " " + getClass().isHidden();
    }
}
