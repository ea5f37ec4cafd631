// Resources of classes and loaders, in directories, jars, modules and custom loaders; services found through them.
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.*;
import java.util.jar.*;

public class LoadResources {
    public interface Greeter { String greet(); }
    public static class English implements Greeter { public String greet() { return "hello"; } }
    public static class French implements Greeter { public String greet() { return "bonjour"; } }
    public static class Method { public static Greeter provider() { return () -> "not used outside modules"; } }
    public static class Throws implements Greeter { public Throws() { throw new IllegalStateException("provider constructor"); } public String greet() { return ""; } }
    static class NoConstructor implements Greeter { NoConstructor(int i) { } public String greet() { return ""; } }

    static String text(InputStream in) throws IOException {
        if (in == null) return null;
        try (in) {
            return new String(in.readAllBytes(), "UTF-8").trim();
        }
    }

    static int size(InputStream in) throws IOException {
        try (in) {
            return in == null ? -1 : in.readAllBytes().length > 100 ? 100 : 0;
        }
    }

    static void services(String what, ClassLoader loader) {
        StringBuilder s = new StringBuilder(what);
        Iterator<Greeter> it = ServiceLoader.load(Greeter.class, loader).iterator();
        for (int i = 0; i < 10; i++) {
            try {
                if (!it.hasNext()) break;
                s.append(" | ").append(it.next().greet());
            } catch (ServiceConfigurationError e) {
                s.append(" | ").append(e.getMessage().replaceAll("(file:|jar:)\\S*(LoadResources|jar!)\\S*?/META-INF", "URL/META-INF").replaceAll("file:\\S*/META-INF", "URL/META-INF"))
                    .append(" / ").append(e.getCause());
            }
        }
        System.out.println(s);
    }

    public static void main(String[] args) throws Exception {
        Class<?> c = LoadResources.class;
        ClassLoader app = c.getClassLoader();
        System.out.println(size(c.getResourceAsStream("LoadResources.class")) + " " + size(c.getResourceAsStream("/LoadResources$English.class")) + " "
            + size(c.getResourceAsStream("missing")) + " " + size(app.getResourceAsStream("LoadResources.class")) + " " + size(app.getResourceAsStream("/LoadResources.class")));
        System.out.println(size(String.class.getResourceAsStream("String.class")) + " " + size(String.class.getResourceAsStream("/java/lang/Object.class")) + " "
            + size(ClassLoader.getSystemResourceAsStream("java/util/List.class")) + " " + String.class.getResource("String.class") + " "
            + Object.class.getModule().getResourceAsStream("java/lang/Object.class").available() / 100000);
        System.out.println(app.getResource("LoadResources.class").getProtocol() + " " + app.getResource("nothing") + " " + Collections.list(app.getResources("LoadResources.class")).size());
        Path dir = Files.createTempDirectory("resources");
        Path jar = dir.resolve("lib.jar"), classes = dir.resolve("classes");
        try {
            Files.createDirectories(classes.resolve("META-INF/services"));
            Files.writeString(classes.resolve("note.txt"), "from directory");
            Files.writeString(classes.resolve("META-INF/services/LoadResources$Greeter"),
                "# comment\nLoadResources$English # trailing\n\nLoadResources$French\nLoadResources$English\nLoadResources$Missing\njava.lang.String\nLoadResources$Throws\nLoadResources$NoConstructor\n");
            Manifest m = new Manifest();
            m.getMainAttributes().putValue("Manifest-Version", "1.0");
            m.getMainAttributes().putValue("Implementation-Title", "Title");
            m.getMainAttributes().putValue("Implementation-Version", "9.8");
            m.getEntries().put("packed/", new Attributes());
            m.getAttributes("packed/").putValue("Specification-Title", "Packed");
            m.getAttributes("packed/").putValue("Sealed", "true");
            ClassBytes packed = new ClassBytes("public", "packed/InJar", "java/lang/Object").constructor("java/lang/Object");
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), m)) {
                for (var e : Map.of("note.txt", "from jar".getBytes(), "packed/InJar.class", packed.toBytes(), "packed/data", "data in jar".getBytes(),
                                    "META-INF/services/LoadResources$Greeter", "LoadResources$French".getBytes()).entrySet()) {
                    out.putNextEntry(new JarEntry(e.getKey()));
                    out.write(e.getValue());
                    out.closeEntry();
                }
            }
            URL[] urls = {classes.toUri().toURL(), jar.toUri().toURL(), dir.resolve("absent.jar").toUri().toURL()};
            try (URLClassLoader loader = new URLClassLoader("urls", urls, app)) {
                System.out.println(text(loader.getResourceAsStream("note.txt")) + " " + Collections.list(loader.getResources("note.txt")).size() + " " + text(loader.getResourceAsStream("packed/data")));
                for (URL u : Collections.list(loader.getResources("note.txt"))) System.out.println(u.getProtocol() + " " + u.getPath().replaceAll(".*resources[0-9]+/", "") + " " + text(u.openStream()));
                Class<?> in = loader.loadClass("packed.InJar");
                Package p = in.getPackage();
                System.out.println(in + " " + p + " " + p.getSpecificationTitle() + " " + p.getImplementationVersion() + " " + p.isSealed() + " " + text(in.getResourceAsStream("data"))
                    + " " + in.getProtectionDomain().getCodeSource().getLocation().getPath().endsWith("lib.jar"));
                services("both", loader);
                try {
                    loader.loadClass("packed.Gone");
                } catch (ClassNotFoundException e) {
                    System.out.println(e + " " + e.getCause());
                }
                services("same loader again", loader);
            }
            try (URLClassLoader second = new URLClassLoader(new URL[] {urls[1]}, null)) {
                System.out.println(text(second.getResourceAsStream("note.txt")) + " " + second.getResource("LoadResources.class") + " " + second.loadClass("packed.InJar").getClassLoader().equals(second));
                try {
                    second.loadClass("LoadResources");
                } catch (ClassNotFoundException e) {
                    System.out.println(e);
                }
                services("only jar, no class", second);
            }
        } finally {
            try (var walk = Files.walk(dir)) {
                walk.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
            }
        }
        ClassLoader memory = new ClassLoader(app) {
            @Override protected URL findResource(String name) {
                if (!name.startsWith("memory")) return null;
                try {
                    return new URL(null, "memory:" + name, new URLStreamHandler() {
                        @Override protected URLConnection openConnection(URL u) {
                            return new URLConnection(u) {
                                @Override public void connect() { }
                                @Override public InputStream getInputStream() { return new ByteArrayInputStream(("content of " + u).getBytes()); }
                            };
                        }
                    });
                } catch (java.net.MalformedURLException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        System.out.println(text(memory.getResourceAsStream("memory/x")) + " " + memory.getResourceAsStream("other"));
        System.out.println(ServiceLoader.load(java.nio.file.spi.FileSystemProvider.class).stream().map(p -> p.type().getName()).sorted().toList());
        System.out.println(ServiceLoader.load(java.util.spi.ToolProvider.class).stream().map(p -> p.get().name()).sorted().toList());
        System.out.println(ServiceLoader.load(Greeter.class).findFirst().isPresent());
    }
}
