// Custom loaders: delegation, parallel-capable ones, the same class in two loaders, duplicate definitions, find and resolve.
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

public class LoadLoaders {
    static class Thing { static int made; static { made = 100; } public Thing() { made++; } @Override public String toString() { return "thing " + made; } }
    interface Marker { }
    static class Marked implements Marker { }

    static byte[] bytes(String name) {
        try (InputStream in = LoadLoaders.class.getResourceAsStream(name + ".class")) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Defines this test's classes itself, child first. */
    static class ChildFirst extends ClassLoader {
        static { registerAsParallelCapable(); }
        final List<String> asked = Collections.synchronizedList(new ArrayList<>());
        ChildFirst(String name) { super(name, LoadLoaders.class.getClassLoader()); }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            asked.add(name);
            if (!name.startsWith("LoadLoaders$")) return super.loadClass(name, resolve);
            synchronized (getClassLoadingLock(name)) {
                Class<?> c = findLoadedClass(name);
                if (c == null) {
                    byte[] b = bytes(name);
                    c = defineClass(name, b, 0, b.length);
                }
                if (resolve) resolveClass(c);
                return c;
            }
        }
        Class<?> again(String name) { byte[] b = bytes(name); return defineClass(name, b, 0, b.length); }
        Class<?> loaded(String name) { return findLoadedClass(name); }
        boolean parallel() { return isRegisteredAsParallelCapable(); }
        Object lock(String s) { return getClassLoadingLock(s); }
    }

    static class Plain extends ClassLoader {
        Plain(ClassLoader parent) { super(parent); }
        @Override protected Class<?> findClass(String name) throws ClassNotFoundException {
            System.out.println("findClass " + name);
            throw new ClassNotFoundException("plain refuses " + name);
        }
        boolean parallel() { return isRegisteredAsParallelCapable(); }
        boolean locksItself() { return getClassLoadingLock("x") == this; }
    }

    static class Liar extends ClassLoader {
        @Override public Class<?> loadClass(String name) { return name.equals("Nothing") ? null : String.class; }
    }

    static void attempt(String what, java.util.concurrent.Callable<?> c) {
        try {
            System.out.println(what + ": " + c.call());
        } catch (Throwable e) {
            System.out.println(what + ": " + ClassBytes.clean(e) + (e.getCause() == null ? "" : " / " + ClassBytes.clean(e.getCause())));
        }
    }

    public static void main(String[] args) throws Exception {
        ChildFirst one = new ChildFirst("one"), two = new ChildFirst("two"), unnamed = new ChildFirst(null);
        Class<?> thing1 = one.loadClass("LoadLoaders$Thing"), thing2 = two.loadClass("LoadLoaders$Thing"), thing3 = unnamed.loadClass("LoadLoaders$Thing");
        System.out.println((thing1 == thing2) + " " + (thing1 == one.loadClass("LoadLoaders$Thing")) + " " + thing1.getName().equals(thing2.getName())
                           + " " + (thing1 == Thing.class) + " " + one.asked);
        var constructor = thing1.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object o1 = constructor.newInstance();
        constructor.newInstance();
        System.out.println(o1 + " " + new Thing() + " " + thing1.isInstance(new Thing()) + " " + thing2.isInstance(o1));
        attempt("cast to app", () -> (Thing) o1);
        attempt("cast to other", () -> thing2.cast(o1));
        attempt("unnamed loader", () -> { var k = thing3.getDeclaredConstructor(); k.setAccessible(true); return (Thing) (Object) k.newInstance(); });
        attempt("array cast", () -> (Thing[]) java.lang.reflect.Array.newInstance(thing1, 1));
        attempt("array store", () -> { Object[] a = (Object[]) java.lang.reflect.Array.newInstance(thing2, 1); a[0] = o1; return a; });
        attempt("interface", () -> { var k = one.loadClass("LoadLoaders$Marked").getDeclaredConstructor(); k.setAccessible(true); return (Marker) k.newInstance(); });
        attempt("duplicate", () -> one.again("LoadLoaders$Thing"));
        attempt("duplicate in unnamed", () -> unnamed.again("LoadLoaders$Thing"));
        System.out.println(one.loaded("LoadLoaders$Thing") == thing1);
        System.out.println(one.loaded("no.Such") + " " + one.loaded("LoadLoaders$Marker"));
        System.out.println(one.parallel() + " " + (one.lock("a") == one.lock("a")) + (one.lock("a") == one.lock("b")) + (one.lock("a") == one));
        Plain plain = new Plain(one), boot = new Plain(null);
        System.out.println(plain.parallel() + " " + plain.locksItself());
        System.out.println(plain.loadClass("LoadLoaders$Thing") == thing1);
        System.out.println(plain.loadClass("java.util.List") == List.class);
        attempt("boot parent", () -> boot.loadClass("LoadLoaders$Thing"));
        attempt("boot parent JDK class", () -> boot.loadClass("java.util.Map"));
        attempt("boot parent platform class", () -> boot.loadClass("java.sql.Driver"));
        attempt("forName in plain", () -> Class.forName("NoSuchClass", true, plain));
        attempt("forName array in one", () -> Class.forName("[[LLoadLoaders$Thing;", false, one).getComponentType().getComponentType() == thing1);
        Liar liar = new Liar();
        attempt("liar", () -> Class.forName("Something", false, liar));
        attempt("liar null", () -> Class.forName("Nothing", false, liar));
        attempt("class in java.*", () -> new ClassLoader() { Class<?> d() { return defineClass("java.lang.Evil", new byte[10], 0, 10); } }.d());
        attempt("bad range", () -> new ClassLoader() { Class<?> d() { return defineClass("X", new byte[10], 5, 10); } }.d());
        attempt("getClassLoader names", () -> one.getName() + " " + unnamed.getName() + " " + LoadLoaders.class.getClassLoader().getName() + " "
            + ClassLoader.getPlatformClassLoader().getName() + " " + String.class.getClassLoader());
        attempt("toString", () -> one.toString().replaceAll("@(0x)?[0-9a-f]+", "@HASH"));
        attempt("parents", () -> one.getParent() == ClassLoader.getSystemClassLoader() && ClassLoader.getSystemClassLoader().getParent() == ClassLoader.getPlatformClassLoader());
        attempt("modules", () -> thing1.getModule().isNamed() + " " + (thing1.getModule() == one.getUnnamedModule()) + " " + thing1.getModule().getClassLoader().getName());
        attempt("packages", () -> "'" + thing1.getPackage().getName() + "' " + one.getDefinedPackages().length + " " + (one.getDefinedPackage("") == thing1.getPackage()));
        Class<?>[] seen = new Class<?>[16];
        ChildFirst shared = new ChildFirst("shared");
        Thread[] threads = new Thread[seen.length];
        for (int t = 0; t < threads.length; t++) {
            int id = t;
            threads[t] = new Thread(() -> {
                try {
                    seen[id] = shared.loadClass(id % 2 == 0 ? "LoadLoaders$Thing" : "LoadLoaders$Marked");
                } catch (ClassNotFoundException e) {
                    throw new AssertionError(e);
                }
            });
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(java.util.Arrays.stream(seen).distinct().count());
        Thread.currentThread().setContextClassLoader(one);
        Thread inherits = new Thread(() -> System.out.println(Thread.currentThread().getContextClassLoader().getName()));
        inherits.start();
        inherits.join();
    }
}
