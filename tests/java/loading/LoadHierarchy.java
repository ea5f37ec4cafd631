// Wrong hierarchies: circular, final, missing, interface as superclass and class as interface, sealed, overridden finals.
public class LoadHierarchy {
    static ClassBytes.Loader loader = new ClassBytes.Loader();

    static void add(String access, String name, String superName, String... interfaces) {
        ClassBytes c = new ClassBytes(access, name, superName, interfaces);
        if (!access.contains("interface")) c.constructor(superName);
        loader.add(c);
    }

    static void load(String name) {
        for (int i = 0; i < 2; i++) {
            try {
                Class<?> c = Class.forName(name, true, loader);
                System.out.println(name + ": " + c + " " + c.getSuperclass());
            } catch (Throwable e) {
                System.out.println(name + ": " + ClassBytes.clean(e) + " / " + (e.getCause() == null ? null : ClassBytes.clean(e.getCause())));
            }
        }
    }

    public static final class Final { }
    public interface Interface { default void m() { } }
    public static class HasFinal { public final void locked() { } public static void st() { } public void in() { } protected final int prot() { return 1; } private final void priv() { } }
    static class PackagePrivate { }
    public static sealed class Sealed permits Allowed { }
    public static final class Allowed extends Sealed { }

    public static void main(String[] args) {
        add("public", "Self", "Self");
        add("public", "Round1", "Round2");
        add("public", "Round2", "Round3");
        add("public", "Round3", "Round1");
        add("public interface", "Ring1", "java/lang/Object", "Ring2");
        add("public interface", "Ring2", "java/lang/Object", "Ring1");
        add("public interface", "OwnInterface", "java/lang/Object", "OwnInterface");
        add("public", "OfFinal", "LoadHierarchy$Final");
        add("public", "OfString", "java/lang/String");
        add("public", "OfInterface", "LoadHierarchy$Interface");
        add("public", "OfClass", "java/lang/Object", "LoadHierarchy$HasFinal");
        add("public", "OfMissing", "Missing");
        add("public", "OfMissingInterface", "java/lang/Object", "pack/MissingInterface");
        add("public", "OfBelowMissing", "OfMissing");
        add("public", "OfPackagePrivate", "LoadHierarchy$PackagePrivate");
        add("public", "OfEnum", "java/lang/Thread$State");
        add("public", "OfArray", "[I");
        add("public", "OfSealed", "LoadHierarchy$Sealed");
        add("public", "Good", "LoadHierarchy$HasFinal", "java/lang/Runnable", "LoadHierarchy$Interface");
        for (String n : ("Self Round1 Round2 Round3 Ring1 Ring2 OwnInterface OfFinal OfString OfInterface OfClass OfMissing OfMissingInterface "
                         + "OfBelowMissing OfPackagePrivate OfEnum OfArray OfSealed Good").split(" ")) load(n);
        ClassBytes c = new ClassBytes("public", "OverridesFinal", "LoadHierarchy$HasFinal").constructor("LoadHierarchy$HasFinal");
        loader.add(c.method("public", "locked", "()V", "return"));
        c = new ClassBytes("public", "OverridesProtected", "LoadHierarchy$HasFinal").constructor("LoadHierarchy$HasFinal");
        loader.add(c.method("protected", "prot", "()I", "iconst_2 | ireturn"));
        c = new ClassBytes("public", "HidesStatic", "LoadHierarchy$HasFinal").constructor("LoadHierarchy$HasFinal");
        loader.add(c.method("public", "st", "()V", "return").method("public static", "in", "()V", "return").method("public", "priv", "()V", "return"));
        c = new ClassBytes("public", "StaticHidesFinal", "LoadHierarchy$HasFinal").constructor("LoadHierarchy$HasFinal");
        loader.add(c.method("public static", "locked", "()V", "return"));
        c = new ClassBytes("public", "LocksGetClass", "java/lang/Object").constructor("java/lang/Object");
        loader.add(c.method("public", "getClass", "()Ljava/lang/Class;", "aconst_null | areturn"));
        for (String n : "OverridesFinal OverridesProtected HidesStatic StaticHidesFinal LocksGetClass".split(" ")) load(n);
        // Long chains of superclasses and interfaces.
        for (int i = 0; i < 60; i++) {
            add("public", "Chain" + i, i == 0 ? "java/lang/Object" : "Chain" + (i - 1));
            if (i == 0) add("public interface", "Link0", "java/lang/Object");
            else add("public interface", "Link" + i, "java/lang/Object", "Link" + (i - 1));
        }
        load("Chain59");
        load("Link59");
        try {
            Class<?> top = loader.loadClass("Chain59");
            int depth = 0;
            for (Class<?> k = top; k != null; k = k.getSuperclass()) depth++;
            System.out.println(depth + " " + loader.loadClass("Chain0").isAssignableFrom(top) + " "
                               + loader.loadClass("Link0").isAssignableFrom(loader.loadClass("Link59")) + " "
                               + loader.loadClass("Chain30").isInstance(top.getDeclaredConstructor().newInstance()));
        } catch (ReflectiveOperationException e) {
            System.out.println(e);
        }
    }
}
