// Module queries on the boot layer: descriptors, readability, exports, opens, unnamed modules, and refused deep reflection.
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.util.*;
import java.util.stream.Collectors;

public class LoadModules {
    static void attempt(String what, java.util.concurrent.Callable<?> c) {
        try {
            System.out.println(what + ": " + c.call());
        } catch (Throwable e) {
            System.out.println(what + ": " + ClassBytes.clean(e));
        }
    }

    public static void main(String[] args) throws Exception {
        ModuleLayer boot = ModuleLayer.boot();
        Set<String> names = boot.modules().stream().map(Module::getName).collect(Collectors.toCollection(TreeSet::new));
        for (String n : "java.base java.compiler java.desktop java.logging java.management java.net.http java.sql java.xml jdk.compiler jdk.unsupported jdk.zipfs no.such".split(" ")) {
            System.out.println(n + " " + names.contains(n) + " " + boot.findModule(n).map(Module::toString).orElse("none"));
        }
        Module base = Object.class.getModule(), sql = java.sql.Driver.class.getModule(), mine = LoadModules.class.getModule(), logging = boot.findModule("java.logging").get();
        for (Module m : new Module[] {base, sql, logging, mine}) {
            System.out.println(m.getName() + " named " + m.isNamed() + " loader " + (m.getClassLoader() == null ? "boot" : m.getClassLoader().getName()) + " layer " + (m.getLayer() == boot)
                + " reads base " + m.canRead(base) + " reads sql " + m.canRead(sql) + " reads mine " + m.canRead(mine) + " described " + (m.getDescriptor() != null));
            if (m.isNamed()) {
                ModuleDescriptor d = m.getDescriptor();
                System.out.println("  " + d.requires().stream().map(Object::toString).sorted().toList() + " " + d.isOpen() + d.isAutomatic() + " "
                    + d.exports().stream().filter(e -> !e.isQualified()).map(ModuleDescriptor.Exports::source).sorted().limit(8).toList() + " "
                    + d.uses().stream().sorted().limit(4).toList());
            }
        }
        System.out.println(base.isExported("java.lang") + " " + base.isExported("jdk.internal.misc") + " " + base.isExported("jdk.internal.misc", mine) + " "
            + base.isExported("jdk.internal.misc", boot.findModule("java.management").get()) + " " + base.isOpen("java.lang") + " " + base.isOpen("java.lang", mine) + " "
            + mine.isExported("anything") + " " + mine.isOpen("") + " " + base.isExported("not.there"));
        System.out.println(base.getPackages().contains("java.util.concurrent") + " " + mine.getPackages().contains("java.util") + " " + sql.getPackages().stream().sorted().toList());
        attempt("field of String", () -> { var f = String.class.getDeclaredField("value"); f.setAccessible(true); return f.getName(); });
        attempt("method of ClassLoader", () -> { var m = ClassLoader.class.getDeclaredMethod("findLoadedClass", String.class); m.setAccessible(true); return m.getName(); });
        attempt("protected constructor", () -> { var m = ClassLoader.class.getDeclaredConstructor(); return m.trySetAccessible(); });
        attempt("public", () -> { var m = String.class.getMethod("length"); m.setAccessible(true); return m.invoke("four"); });
        attempt("unexported", () -> Class.forName("jdk.internal.misc.Unsafe").getMethod("getUnsafe").invoke(null));
        attempt("unexported constructor", () -> Class.forName("sun.nio.ch.Util").getDeclaredConstructor().newInstance());
        attempt("unsupported open", () -> { var f = Class.forName("sun.misc.Unsafe").getDeclaredField("theUnsafe"); f.setAccessible(true); return f.get(null).getClass(); });
        attempt("lookup", () -> java.lang.invoke.MethodHandles.privateLookupIn(String.class, java.lang.invoke.MethodHandles.lookup()));
        attempt("add exports", () -> { base.addExports("jdk.internal.misc", mine); return 1; });
        attempt("add reads", () -> mine.addReads(sql) == mine);
        attempt("interface of unexported", () -> List.of(1).getClass().getMethod("get", int.class).invoke(List.of(5), 0));
        // A class of an old loader cannot link against what is not exported.
        ClassBytes c = new ClassBytes("public", "Intruder", "java/lang/Object");
        c.method("public static", "unexported", "()V", "invokestatic jdk/internal/misc/VM.isBooted ()Z | pop | return");
        c.method("public static", "field", "()V", "getstatic jdk/internal/misc/Unsafe.ARRAY_INT_BASE_OFFSET I | pop | return");
        c.method("public static", "make", "()V", "new sun/nio/ch/IOUtil | pop | return");
        c.method("public static", "fine", "()I", "ldc string four | invokevirtual java/lang/String.length ()I | ireturn");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        for (String m : "unexported unexported field make fine".split(" ")) System.out.println(m + ": " + loader.outcome("Intruder", m));
        ModuleFinder system = ModuleFinder.ofSystem();
        System.out.println(system.find("java.base").get().location().get() + " " + system.find("java.xml").get().descriptor().name() + " " + system.find("nope").isPresent());
        try (var reader = system.find("java.base").get().open()) {
            System.out.println(reader.find("java/lang/Object.class").get() + " " + reader.find("nope").isPresent());
        }
        ModuleDescriptor d = ModuleDescriptor.newModule("made.up").requires("java.base").exports("p").packages(Set.of("p", "q")).version("1.2").build();
        System.out.println(d + " " + d.toNameAndVersion() + " " + d.packages().stream().sorted().toList());
        System.out.println(boot.configuration().findModule("java.sql").get().reads().stream().map(r -> r.name()).sorted().toList());
        System.out.println(Class.forName(sql, "java.sql.Connection") + " " + Class.forName(sql, "java.lang.String") + " " + base.getAnnotations().length);
        System.out.println(mine.toString().replaceAll("@(0x)?[0-9a-f]+", "@HASH") + " " + mine.getName() + " " + (mine == ClassLoader.getSystemClassLoader().getUnnamedModule()));
    }

}
