import java.lang.reflect.Array;
import java.util.concurrent.Callable;

/** java.lang.reflect.Array: making, reading and writing with every conversion and every error. */
public class ReflectArrays {
    static void run(String name, Callable<?> body) {
        try {
            System.out.println(name + ": " + body.call());
        } catch (Throwable e) {
            System.out.println(name + ": " + e);
        }
    }

    static Callable<?> action(Runnable body) {
        return () -> {
            body.run();
            return "ok";
        };
    }

    static final Class<?>[] PRIMITIVES = {
        boolean.class, byte.class, char.class, short.class, int.class, long.class, float.class, double.class
    };

    static Object boxed(Class<?> type) {
        if (type == boolean.class) return true;
        if (type == byte.class) return (byte) -7;
        if (type == char.class) return 'c';
        if (type == short.class) return (short) -300;
        if (type == int.class) return 123456789;
        if (type == long.class) return 1234567890123456789L;
        if (type == float.class) return 1.5f;
        return -2.25;
    }

    static void conversions() {
        for (Class<?> to : PRIMITIVES) {
            for (Class<?> from : PRIMITIVES) {
                Object array = Array.newInstance(to, 2);
                run(from + " -> " + to, () -> {
                    Array.set(array, 1, boxed(from));
                    return Array.get(array, 1) + " " + Array.get(array, 0);
                });
            }
        }
    }

    static void getters(Object array) {
        String type = array.getClass().getSimpleName();
        Array.set(array, 0, boxed(array.getClass().getComponentType()));
        run(type + ".getBoolean", () -> Array.getBoolean(array, 0));
        run(type + ".getByte", () -> Array.getByte(array, 0));
        run(type + ".getChar", () -> Array.getChar(array, 0));
        run(type + ".getShort", () -> Array.getShort(array, 0));
        run(type + ".getInt", () -> Array.getInt(array, 0));
        run(type + ".getLong", () -> Array.getLong(array, 0));
        run(type + ".getFloat", () -> Array.getFloat(array, 0));
        run(type + ".getDouble", () -> Array.getDouble(array, 0));
    }

    static void setters(Object array) {
        String type = array.getClass().getSimpleName();
        run(type + ".setBoolean", action(() -> Array.setBoolean(array, 0, true)));
        run(type + ".setByte", action(() -> Array.setByte(array, 0, (byte) 1)));
        run(type + ".setChar", action(() -> Array.setChar(array, 0, 'x')));
        run(type + ".setShort", action(() -> Array.setShort(array, 0, (short) 3)));
        run(type + ".setInt", action(() -> Array.setInt(array, 0, 4)));
        run(type + ".setLong", action(() -> Array.setLong(array, 0, 5)));
        run(type + ".setFloat", action(() -> Array.setFloat(array, 0, 6)));
        run(type + ".setDouble", action(() -> Array.setDouble(array, 0, 7)));
        System.out.println(type + "[0] = " + Array.get(array, 0));
    }

    static void making() {
        run("null component", () -> Array.newInstance(null, 1));
        run("null component, negative", () -> Array.newInstance(null, -1));
        run("void", () -> Array.newInstance(void.class, 1));
        run("void, negative", () -> Array.newInstance(void.class, -1));
        run("negative", () -> Array.newInstance(int.class, -1));
        run("null dimensions", () -> Array.newInstance(int.class, (int[]) null));
        run("null component, two dimensions", () -> Array.newInstance(null, 1, 2));
        run("void, two dimensions", () -> Array.newInstance(void.class, 1, 2));
        run("no dimension", () -> Array.newInstance(int.class));
        run("second negative", () -> Array.newInstance(int.class, 1, -5));
        run("256 dimensions", () -> Array.newInstance(int.class, new int[256]));
        run("255 dimensions", () -> Array.newInstance(int.class, new int[255]).getClass().getName().length());
        run("255 more dimensions", () -> Array.newInstance(int[].class, new int[255]));
        Object deepest = Array.newInstance(int.class, new int[255]);
        run("one more dimension", () -> Array.newInstance(deepest.getClass(), 1));
        run("matrix", () -> {
            int[][][] m = (int[][][]) Array.newInstance(int[].class, 2, 3);
            return m.getClass().getName() + " " + m.length + " " + m[1].length + " " + m[1][2];
        });
        run("strings", () -> Array.newInstance(String[].class, 3).getClass().getTypeName());
    }

    static void errors() {
        int[] ints = {1, 2, 3};
        Object[] strings = new String[2];
        run("length of null", () -> Array.getLength(null));
        run("length of a string", () -> Array.getLength("x"));
        run("length", () -> Array.getLength(ints));
        run("get out of bounds", () -> Array.get(ints, 3));
        run("get negative", () -> Array.get(ints, -1));
        run("get of null", () -> Array.get(null, 0));
        run("get of a string", () -> Array.get("", 0));
        run("getInt out of bounds", () -> Array.getInt(ints, 7));
        run("getInt of objects", () -> Array.getInt(strings, 7));
        run("getInt of a string", () -> Array.getInt("", 7));
        run("getByte out of bounds", () -> Array.getByte(ints, 7));
        run("set mismatch out of bounds", action(() -> Array.set(ints, 7, "x")));
        run("set mismatch", action(() -> Array.set(ints, 0, "x")));
        run("set null out of bounds", action(() -> Array.set(ints, 7, null)));
        run("set null", action(() -> Array.set(ints, 0, null)));
        run("set element out of bounds", action(() -> Array.set(strings, 7, 1)));
        run("set element mismatch", action(() -> Array.set(strings, 0, 1)));
        run("set element null", action(() -> Array.set(strings, 0, null)));
        run("set element", action(() -> Array.set(strings, 1, "one")));
        run("get element", () -> Array.get(strings, 1));
        run("setInt of objects", action(() -> Array.setInt(strings, 0, 1)));
        run("setLong out of bounds", action(() -> Array.setLong(ints, 8, 1)));
    }

    public static void main(String[] args) {
        conversions();
        for (Class<?> type : PRIMITIVES) {
            getters(Array.newInstance(type, 1));
            setters(Array.newInstance(type, 1));
        }
        making();
        errors();
    }
}
