import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.*;
import java.util.concurrent.Callable;

/** Class.forName in all its forms, own class loaders, packages, modules, initialization on demand. */
public class ReflectLoading {
    static class Lazy { static { System.out.println("Lazy initialized"); } }
    static class Target { public String toString() { return "target of " + getClass().getClassLoader().getClass().getSimpleName(); } }
    static class Failing { static { if (true) throw new IllegalStateException("failing"); } }

    static void run(String name, Callable<?> body) {
        try {
            System.out.println(name + ": " + body.call());
        } catch (Throwable e) {
            System.out.println((name + ": " + e + (e.getCause() == null ? "" : " caused by " + e.getCause())).replaceAll("@[0-9a-f]+", "@X"));
        }
    }

    static byte[] bytes(String name) throws Exception {
        try (InputStream in = ReflectLoading.class.getClassLoader().getResourceAsStream(name.replace('.', '/') + ".class")) {
            return in.readAllBytes();
        }
    }

    /** Defines one class itself and delegates everything else. */
    static class Own extends ClassLoader {
        final String own;
        Own(String own) { super("own", ReflectLoading.class.getClassLoader()); this.own = own; }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> c = findLoadedClass(name);
                if (c != null || !name.equals(own))
                    return c != null ? c : super.loadClass(name, resolve);
                try {
                    byte[] b = bytes(name);
                    return defineClass(name, b, 0, b.length);
                } catch (Exception e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        }
        Class<?> define(String name, byte[] b) { return defineClass(name, b, 0, b.length); }
        Class<?> loaded(String name) { return findLoadedClass(name); }
    }

    static void names() {
        String[] names = {"no.such", "no/such", "java/lang/String", "[Ljava.lang.String", "[Lno.Such;", "[java.lang.String;", "[I", "[[Z", "I", "",
            "[", "int", "[V", "[[[[Ljava.lang.String;", "java.lang.String", "java.util.Map$Entry", "java.util.Map.Entry", "[Ljava/lang/String;",
            " java.lang.String", "ReflectLoading$Target", "[LReflectLoading$Target;", ";", "L;", "[[[[[[[[", "java.lang."};
        for (String name : names)
            run("forName '" + name + "'", () -> Class.forName(name));
        run("forName null", () -> Class.forName(null));
        run("loadClass of an array", () -> ClassLoader.getSystemClassLoader().loadClass("[I"));
        run("boot loader only", () -> Class.forName("ReflectLoading", false, null));
        run("boot class", () -> Class.forName("java.util.List", false, null));
        run("long name", () -> {
            try {
                return Class.forName("x".repeat(70000));
            } catch (ClassNotFoundException e) {
                return e.getMessage().substring(0, 60);
            }
        });
        run("in module", () -> Class.forName(Object.class.getModule(), "java.util.Set") + " " + Class.forName(Object.class.getModule(), "no.Such"));
    }

    static void initialization() {
        run("forName without initialization", () -> Class.forName("ReflectLoading$Lazy", false, ReflectLoading.class.getClassLoader()));
        run("array of it", () -> Class.forName("[LReflectLoading$Lazy;"));
        run("forName", () -> Class.forName("ReflectLoading$Lazy"));
        run("failing", () -> Class.forName("ReflectLoading$Failing"));
        run("failing again", () -> Class.forName("ReflectLoading$Failing").getName());
    }

    static void loaders() throws Exception {
        String name = "ReflectLoading$Target";
        Own own = new Own(name);
        Class<?> c = Class.forName(name, true, own);
        System.out.println((c == Target.class) + " " + c + " " + own.loaded(name) + " " + own.loaded("no.Such") + " " + own.getName());
        run("same loader again", () -> Class.forName(name, true, own) == c);
        run("array class's loader", () -> Class.forName("[L" + name + ";", false, own).getClassLoader() == own);
        run("duplicate", () -> own.define(name, bytes(name)));
        run("wrong name", () -> own.define("Wrong", bytes(name)));
        run("prohibited package", () -> own.define("java.evil.Wrong", bytes(name)));
        run("no class file", () -> own.define("Garbage", new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
        run("empty", () -> own.define("Garbage", new byte[0]));
        run("truncated", () -> {
            try {
                return own.define(null, Arrays.copyOf(bytes(name), 60));
            } catch (ClassFormatError e) {
                return e.getClass().getName();
            }
        });
        run("future version", () -> {
            byte[] b = bytes(name);
            b[7] = 99;
            return new Own("x").define(name, b);
        });
        run("protection domain", () -> c.getProtectionDomain() != null);
        run("cast", () -> Target.class.cast(c.getDeclaredConstructor().newInstance()).toString().substring(0, 5));
    }

    static void packages() {
        System.out.println(String.class.getPackage() + " " + String.class.getPackageName() + " " + int.class.getPackageName() + " "
            + int[][].class.getPackageName() + " " + ReflectLoading.class.getPackageName().isEmpty() + " " + int[].class.getPackage());
        Set<String> names = new TreeSet<>();
        for (Package p : Package.getPackages())
            if (p.getName().equals("java.lang") || p.getName().equals("java.util") || p.getName().equals("java.util.zip.none"))
                names.add(p.getName());
        System.out.println(names + " " + Package.getPackage("java.lang") + " " + Package.getPackage("no.such") + " "
            + ClassLoader.getPlatformClassLoader().getDefinedPackage("java.lang"));
        System.out.println(Package.getPackage("java.lang").isSealed() + " " + Package.getPackage("java.util").getImplementationTitle());
    }

    static void modules() {
        Module base = Object.class.getModule(), unnamed = ReflectLoading.class.getModule();
        System.out.println(base + " " + unnamed.isNamed() + " " + int[].class.getModule() + " " + base.getDescriptor().name() + " "
            + base.isExported("java.lang") + " " + base.isExported("jdk.internal.misc") + " " + base.isOpen("java.lang", unnamed) + " "
            + unnamed.canRead(base) + " " + base.canRead(unnamed) + " " + base.getPackages().contains("java.util"));
        run("module of logging", () -> Class.forName("java.util.logging.Logger").getModule() + " " + ModuleLayer.boot().findModule("java.logging").isPresent());
        run("closed package", () -> {
            Method m = Class.forName("jdk.internal.misc.VM").getMethod("isBooted");
            return m.invoke(null);
        });
        run("deep access", () -> {
            Method m = String.class.getDeclaredMethod("isLatin1");
            m.setAccessible(true);
            return m;
        });
        unnamed.addReads(base).addExports("", base);
        System.out.println(unnamed.isExported("", base));
    }

    public static void main(String[] args) throws Exception {
        names();
        initialization();
        loaders();
        packages();
        modules();
    }
}
