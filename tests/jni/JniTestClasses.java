import java.io.InputStream;
import java.nio.ByteBuffer;

/** Classes, members, reflection, modules and buffers from native code. */
public class JniTestClasses {
    static class Shape {
        static int count = 42;
        final double side;
        Shape(double side) { this.side = side; }
        double area() { return side * side; }
        static Shape unit() { return new Shape(1); }
    }
    static class Broken { static int x = Integer.parseInt("broken"); }
    static class Extra { @Override public String toString() { return "extra of " + getClass().getClassLoader(); } }

    static class Loader extends ClassLoader {
        Loader() { super(null); }
        @Override public String toString() { return "my loader"; }
    }

    static native void run(ByteBuffer direct, ByteBuffer heap, Object ints);
    static native Class<?> define(String name, ClassLoader loader, byte[] bytes);

    static void tryDefine(String what, String name, ClassLoader loader, byte[] bytes) {
        try {
            System.out.println(what + ": " + define(name, loader, bytes).getName());
        } catch (Throwable e) {
            System.out.println(what + ": " + e.toString().replaceAll("@[0-9a-f]+", "@hash"));
        }
    }

    public static void main(String[] args) throws Exception {
        JniTest.load();
        ByteBuffer direct = ByteBuffer.allocateDirect(100).put(0, (byte) 200).put(1, (byte) 7);
        run(direct, ByteBuffer.allocate(10), ByteBuffer.allocateDirect(64).asIntBuffer());
        System.out.println(direct.get(2));
        byte[] bytes;
        try (InputStream in = JniTestClasses.class.getResourceAsStream("JniTestClasses$Extra.class")) {
            bytes = in.readAllBytes();
        }
        Loader loader = new Loader();
        Class<?> extra = define("JniTestClasses$Extra", loader, bytes);
        System.out.println(extra + " " + extra.getClassLoader() + " " + (extra != Extra.class));
        tryDefine("twice", "JniTestClasses$Extra", loader, bytes);
        tryDefine("without a name", null, new Loader(), bytes);
        tryDefine("wrong name", "Other", new Loader(), bytes);
        tryDefine("forbidden package", "java/lang/Extra", new Loader(), bytes);
        bytes[0] = 0;
        tryDefine("wrong magic", "JniTestClasses$Extra", new Loader(), bytes);
        tryDefine("empty", "JniTestClasses$Extra", new Loader(), new byte[0]);
    }
}
