import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** Classes beyond -XX:MaxMetaspaceSize are an OutOfMemoryError of who defines them; what is there goes on. */
public class LimitMetaspace {
    static class Padding {
        static int sum(int a, int b) { return a + b; }
        static String name(int a) { return "padding " + a; }
    }

    static class Definer extends ClassLoader {
        Definer() { super(LimitMetaspace.class.getClassLoader()); }

        Class<?> define(byte[] bytes) { return defineClass(null, bytes, 0, bytes.length); }
    }

    static int fill(byte[] bytes, List<Class<?>> classes) throws Exception {
        try {
            while (classes.size() < 1_000_000) {
                Class<?> c = new Definer().define(bytes);
                Class.forName(c.getName(), true, c.getClassLoader());
                classes.add(c);
            }
        } catch (OutOfMemoryError e) {
            System.out.println(e);
        }
        return classes.size();
    }

    public static void main(String[] args) throws Exception {
        byte[] bytes;
        try (InputStream in = LimitMetaspace.class.getResourceAsStream("LimitMetaspace$Padding.class")) {
            bytes = in.readAllBytes();
        }
        System.out.println(Padding.sum(1, 1));
        System.out.println(new Throwable().getStackTrace()[0].getMethodName());
        List<Class<?>> classes = new ArrayList<>();
        System.out.println(fill(bytes, classes) > 100);
        System.out.println(classes.get(0) != classes.get(1));
        try {
            classes.add(new Definer().define(bytes));
            System.out.println("a class beyond the limit");
        } catch (OutOfMemoryError e) {
            System.out.println(e.getMessage());
            System.out.println(e.getStackTrace()[0].getMethodName());
        }
        System.out.println(Padding.sum(classes.size() > 100 ? 1 : 0, 2));
    }
}
