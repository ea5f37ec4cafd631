import java.io.*;
import java.lang.reflect.*;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.*;
import java.util.*;

/* ServiceLoader, resources, class loaders, dynamic proxies, modules, properties. */
public class Services {
    public interface Greeter { String greet(String n); default int order() { return 0; } }
    public static class English implements Greeter { public String greet(String n) { return "Hello " + n; } }
    public static class French implements Greeter { public String greet(String n) { return "Bonjour " + n; } public int order() { return 1; } }
    public static class Failing implements Greeter { public Failing() { throw new IllegalStateException("no"); } public String greet(String n) { return n; } }

    static void proxies() throws Exception {
        InvocationHandler h = (p, m, a) -> {
            if (m.isDefault()) return InvocationHandler.invokeDefault(p, m, a);
            if (m.getName().equals("greet")) return "proxied " + a[0];
            if (m.getName().equals("hashCode")) return 12;
            if (m.getName().equals("run")) throw new IOException("checked");
            return null;
        };
        Object p = Proxy.newProxyInstance(Services.class.getClassLoader(), new Class<?>[] {Greeter.class, Runnable.class}, h);
        System.out.println(((Greeter) p).greet("x") + " " + ((Greeter) p).order() + " " + p.hashCode() + " " + Proxy.isProxyClass(p.getClass()) + " " + (Proxy.getInvocationHandler(p) == h));
        try { ((Runnable) p).run(); } catch (UndeclaredThrowableException e) { System.out.println(e.getCause()); }
    }
    static class Isolating extends ClassLoader {
        Isolating(ClassLoader parent) { super(parent); }
        @Override protected Class<?> loadClass(String n, boolean r) throws ClassNotFoundException {
            if (!n.equals("Services$English")) return super.loadClass(n, r);
            Class<?> c = findLoadedClass(n);
            if (c == null) try (InputStream in = getResourceAsStream(n + ".class")) { byte[] b = in.readAllBytes(); c = defineClass(n, b, 0, b.length); } catch (IOException e) { throw new ClassNotFoundException(n, e); }
            return c;
        }
    }
    public static void main(String[] args) throws Exception {
        Path dir = Files.createTempDirectory("services");
        Files.createDirectories(dir.resolve("META-INF/services"));
        Path conf = dir.resolve("META-INF/services/Services$Greeter");
        Files.writeString(conf, "# providers\nServices$English\nServices$French # comment\n\nServices$Failing\nServices$Missing\n");
        try (URLClassLoader l = new URLClassLoader("services", new URL[] {dir.toUri().toURL()}, Services.class.getClassLoader())) {
            ServiceLoader<Greeter> s = ServiceLoader.load(Greeter.class, l);
            Iterator<Greeter> it = s.iterator();
            for (int i = 0; i < 5; i++)
                try { if (!it.hasNext()) { System.out.println("end"); break; } System.out.println(it.next().greet("you")); } catch (ServiceConfigurationError e) { System.out.println(e.getMessage() + " | " + e.getCause()); }
            Files.writeString(conf, "Services$French\nServices$English");
            s.reload();
            System.out.println(s.stream().map(ServiceLoader.Provider::type).map(Class::getSimpleName).toList() + " " + s.findFirst().get().order());
            System.out.println(l.getName() + " " + l.getResource("META-INF/services/Services$Greeter").getProtocol() + " " + Collections.list(l.getResources("nothing")).size() + " " + (l.loadClass("Services") == Services.class));
            try { l.loadClass("no.Such"); } catch (ClassNotFoundException e) { System.out.println(e.getMessage()); }
        }
        Files.delete(conf); Files.delete(conf.getParent()); Files.delete(dir.resolve("META-INF")); Files.delete(dir);
        Isolating one = new Isolating(Services.class.getClassLoader()), two = new Isolating(Services.class.getClassLoader());
        Class<?> c1 = one.loadClass("Services$English"), c2 = two.loadClass("Services$English");
        System.out.println((c1 == c2) + " " + (c1 == English.class) + " " + c1.getName() + " " + ((Greeter) c1.getDeclaredConstructor().newInstance()).greet("loader") + " " + c1.isInstance(new English()));
        try { English e = (English) c1.getDeclaredConstructor().newInstance(); } catch (ClassCastException e) { System.out.println(e.getMessage().replaceAll("@[0-9a-f]+", "@")); }
        proxies();
        Module base = Object.class.getModule(), mine = Services.class.getModule();
        System.out.println(base.getName() + " " + base.isNamed() + " " + mine.isNamed() + " " + mine.canRead(base) + " " + base.isExported("java.lang") + " " + base.isExported("jdk.internal.misc") + " " + base.getDescriptor().isOpen() + " " + ModuleLayer.boot().findModule("java.logging").isPresent() + " " + base.getPackages().contains("java.util") + " " + Services.class.getPackageName().isEmpty() + " " + ModuleLayer.boot().findModule("java.sql").map(m -> m.getDescriptor().toNameAndVersion().startsWith("java.sql")).orElse(false));
        System.out.println(Object.class.getClassLoader() + " " + Services.class.getClassLoader().getName() + " " + ClassLoader.getPlatformClassLoader().getName() + " " + ClassLoader.getSystemClassLoader().getParent().getName() + " " + int[].class.getClassLoader());
        for (String k : new String[] {"java.specification.version", "java.specification.name", "java.class.version", "file.separator", "path.separator", "os.name", "os.arch", "java.vm.specification.version", "user.dir.none"})
            System.out.print(System.getProperty(k) + " ");
        System.out.println(System.lineSeparator().length() + " " + System.setProperty("my.key", "v") + " " + System.getProperty("my.key") + " " + System.clearProperty("my.key") + " " + Integer.getInteger("none", 5) + " " + Boolean.getBoolean("x") + " " + Runtime.version().feature() + " " + Runtime.Version.parse("17.0.1+12").compareTo(Runtime.Version.parse("11")) + " " + (System.getenv("PATH") != null) + " " + (System.getProperty("java.home") != null) + " " + System.getProperty("java.io.tmpdir"));
        try (InputStream in = Services.class.getResourceAsStream("Services.class")) { System.out.println(Integer.toHexString(new DataInputStream(in).readInt())); }
        try (InputStream in = Object.class.getResourceAsStream("String.class")) { System.out.println(Integer.toHexString(new DataInputStream(in).readInt())); }
    }
}
