// -Xbootclasspath/a: the test's own classes are loaded by the boot loader, lambdas and resources included.
import java.util.function.Supplier;

public class LoadBootAppend {
    interface Face { default String hi() { return "default"; } }
    record Rec(int a) { }

    public static void main(String[] args) throws Exception {
        System.out.println(LoadBootAppend.class.getClassLoader() + " " + Face.class.getClassLoader() + " " + LoadBootAppend.class.getModule().isNamed());
        Supplier<String> s = () -> "lambda " + args.length + new Rec(3);
        System.out.println(s.get() + " " + s.getClass().getClassLoader() + " " + new Face() { }.hi());
        System.out.println(Class.forName("LoadBootAppend$Face", true, null) == Face.class);
        System.out.println(ClassLoader.getSystemClassLoader().loadClass("LoadBootAppend") == LoadBootAppend.class);
        System.out.println((LoadBootAppend.class.getResource("LoadBootAppend.class") != null) + " " + (ClassLoader.getSystemResource("LoadBootAppend$Rec.class") != null));
        System.out.println(LoadBootAppend.class.getPackage() + " [" + LoadBootAppend.class.getPackageName() + "] " + LoadBootAppend.class.getProtectionDomain().getCodeSource());
        System.out.println(Object.class.getModule().canRead(LoadBootAppend.class.getModule()) + " " + LoadBootAppend.class.getModule().canRead(Object.class.getModule()));
        try {
            Class.forName("NotAnywhere", true, null);
        } catch (ClassNotFoundException e) {
            System.out.println(e);
        }
        try {
            LoadBootAppend.class.getDeclaredMethod("fails").invoke(null);
        } catch (java.lang.reflect.InvocationTargetException e) {
            System.out.println(e.getCause() + " " + e.getCause().getStackTrace()[0]);
        }
        System.out.println(LoadBootAppend.class.desiredAssertionStatus());
    }

    static void fails() {
        StackTraceElement here = new Throwable().getStackTrace()[0];
        System.out.println(here + " " + here.getClassLoaderName());
        throw new IllegalStateException("in a boot class");
    }
}
