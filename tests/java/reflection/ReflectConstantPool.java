import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.util.*;

/** jdk.internal.reflect.ConstantPool, reached through the trusted lookup: every entry of a class by every accessor. */
public class ReflectConstantPool {
    static class Subject extends ArrayList<String> {
        static final long serialVersionUID = 0x123456789abcdefL;
        int counter = 1234567;
        float f = 1.5f;
        double d = Math.PI;
        String text = "h\u00e9llo";
        Object run(Subject other) {
            Runnable r = () -> System.out.println(other.counter);
            r.run();
            return new int[0].length + String.valueOf(d) + add("x") + Map.Entry.class + (missing() ? "" : Missing.class);
        }
        boolean missing() { return true; }
    }
    interface Missing { }

    static MethodHandles.Lookup trusted() throws Exception {
        Class<?> unsafeClass = Class.forName("sun.misc.Unsafe");
        Field theUnsafe = unsafeClass.getDeclaredField("theUnsafe");
        theUnsafe.setAccessible(true);
        sun.misc.Unsafe unsafe = (sun.misc.Unsafe) theUnsafe.get(null);
        Field lookup = MethodHandles.Lookup.class.getDeclaredField("IMPL_LOOKUP");
        return (MethodHandles.Lookup) unsafe.getObject(unsafe.staticFieldBase(lookup), unsafe.staticFieldOffset(lookup));
    }

    static final String[] ACCESSORS = {"getClassAt", "getClassAtIfLoaded", "getClassRefIndexAt", "getMethodAt", "getMethodAtIfLoaded", "getFieldAt",
        "getFieldAtIfLoaded", "getMemberRefInfoAt", "getNameAndTypeRefIndexAt", "getNameAndTypeRefInfoAt", "getIntAt", "getLongAt", "getFloatAt",
        "getDoubleAt", "getStringAt", "getUTF8At"};
    static final Class<?>[] RESULTS = {Class.class, Class.class, int.class, Member.class, Member.class, Field.class, Field.class, String[].class,
        int.class, String[].class, int.class, long.class, float.class, double.class, String.class, String.class};

    public static void main(String[] args) throws Throwable {
        MethodHandles.Lookup lookup = trusted();
        Class<?> poolClass = Class.forName("jdk.internal.reflect.ConstantPool");
        MethodHandle getPool = lookup.findVirtual(Class.class, "getConstantPool", MethodType.methodType(poolClass));
        new Subject();
        Object pool = getPool.invoke(Subject.class);
        System.out.println(getPool.invoke(int.class) + " " + getPool.invoke(int[].class));
        int size = (int) lookup.findVirtual(poolClass, "getSize", MethodType.methodType(int.class)).invoke(pool);
        MethodHandle tagAt = lookup.findVirtual(poolClass, "getTagAt",
            MethodType.methodType(Class.forName("jdk.internal.reflect.ConstantPool$Tag"), int.class));
        MethodHandle[] accessors = new MethodHandle[ACCESSORS.length];
        for (int i = 0; i < accessors.length; i++)
            accessors[i] = lookup.findVirtual(poolClass, ACCESSORS[i], MethodType.methodType(RESULTS[i], int.class));
        Map<String, Integer> tags = new TreeMap<>();
        List<String> lines = new ArrayList<>();
        for (int index = 0; index < size; index++) {
            String tag = String.valueOf(tagAt.invoke(pool, index));
            tags.merge(tag, 1, Integer::sum);
            for (int i = 0; i < accessors.length; i++) {
                if (ACCESSORS[i].endsWith("IndexAt") || ACCESSORS[i].endsWith("IfLoaded"))
                    continue;
                try {
                    Object value = accessors[i].invoke(pool, index);
                    lines.add(tag + " " + ACCESSORS[i] + " " + (value instanceof String[] ? Arrays.toString((String[]) value) : value));
                } catch (IllegalArgumentException e) {
                    if (!e.getMessage().equals("Wrong type at constant pool index"))
                        lines.add(tag + " " + ACCESSORS[i] + " " + e);
                } catch (RuntimeException e) {
                    lines.add(tag + " " + ACCESSORS[i] + " " + e.getMessage());
                }
            }
            try {
                int nameAndType = (int) accessors[8].invoke(pool, index);
                lines.add(tag + " refers to " + Arrays.toString((String[]) accessors[9].invoke(pool, nameAndType)));
                int holder = (int) accessors[2].invoke(pool, index);
                lines.add(tag + " is in " + accessors[1].invoke(pool, holder));
            } catch (IllegalArgumentException e) {
                if (!e.getMessage().equals("Wrong type at constant pool index"))
                    lines.add(tag + " " + e);
            }
        }
        Collections.sort(lines);
        lines.forEach(line -> System.out.println(line.replace("\u00e9", "\\u00e9")));
        System.out.println(tags);
        for (int index : new int[] {-1, 0, size, Integer.MAX_VALUE}) {
            try {
                System.out.println(accessors[15].invoke(pool, index));
            } catch (IllegalArgumentException e) {
                System.out.println((index == size ? "size" : String.valueOf(index)) + " " + e.getMessage());
            }
        }
    }
}
