// NoClassDefFoundError and ClassNotFoundException: texts, causes, who is asked, repetition, and wrong-name lookups.
public class LoadMissing {
    static ClassBytes.Loader loader;
    static int asked;

    static void show(String what, java.util.concurrent.Callable<?> c) {
        try {
            System.out.println(what + ": " + c.call());
        } catch (Throwable e) {
            StringBuilder s = new StringBuilder(what + ": " + ClassBytes.clean(e));
            for (Throwable k = e.getCause(); k != null; k = k.getCause()) s.append(" / ").append(ClassBytes.clean(k));
            System.out.println(s);
        }
    }

    public static void main(String[] args) throws Exception {
        ClassBytes c = new ClassBytes("public", "User", "java/lang/Object");
        c.method("public static", "make", "()V", "new absent/Thing | pop | return");
        c.method("public static", "array", "()V", "iconst_1 | anewarray absent/Other | pop | return");
        c.method("public static", "runtime", "()V", "new fails/Runtime | pop | return");
        c.method("public static", "error", "()V", "new fails/Error | pop | return");
        c.method("public static", "wrong", "()V", "new fails/Wrong | pop | return");
        c.method("public static", "nothing", "()V", "new fails/Null | pop | return");
        c.method("public static", "linkage", "()V", "new fails/Bytes | pop | return");
        c.method("public static", "signature", "(Labsent/InSignature;)Labsent/InSignature;", "aload_0 | areturn");
        c.field("public static", "unused", "Labsent/InField;");
        c.method("public static", "viaSignature", "()V", "aconst_null | invokestatic User.signature (Labsent/InSignature;)Labsent/InSignature; | pop | return");
        loader = new ClassBytes.Loader() {
            @Override public Class<?> loadClass(String name) throws ClassNotFoundException {
                if (name.startsWith("absent") || name.startsWith("fails")) {
                    System.out.println("  asked for " + name);
                    asked++;
                }
                switch (name) {
                    case "fails.Runtime": throw new IllegalStateException("loader broke");
                    case "fails.Error": throw new AssertionError("loader error");
                    case "fails.Wrong": return String.class;
                    case "fails.Null": return null;
                    case "fails.Bytes": return define(name, new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
                    default: return super.loadClass(name);
                }
            }
        };
        loader.add(c);
        for (String m : "make make array array runtime runtime error error wrong wrong nothing nothing linkage linkage viaSignature".split(" ")) {
            show(m, () -> call(m));
        }
        System.out.println("asked " + asked);
        show("declared methods", () -> loader.loadClass("User").getDeclaredMethods().length);
        show("declared fields", () -> loader.loadClass("User").getDeclaredFields().length);
        for (String name : new String[] {"No", "no.such.Class", "java.lang.Nope", "java/lang/String", "[I", "[Ljava.lang.String;", "[Ljava/lang/String;", "[[[D",
                                         "[Lno.Such;", "int", "I", "[", "[V", "[X", "Ljava.lang.String;", "", ".", "a..b", "java.lang.String ", "loadmissing",
                                         "[".repeat(255) + "I", "[".repeat(256) + "I", "LoadMissing$1", "LoadMissing.1"}) {
            show("forName " + (name.length() > 50 ? name.length() + "" : name), () -> Class.forName(name).getName().length());
            show("loadClass " + (name.length() > 50 ? name.length() + "" : name), () -> LoadMissing.class.getClassLoader().loadClass(name).getName().length());
        }
        show("null", () -> Class.forName((String) null));
        show("null loader", () -> Class.forName("LoadMissing", true, null));
        show("null loader JDK", () -> Class.forName("java.util.List", true, null));
        show("null loader platform", () -> Class.forName("java.sql.Driver", true, null));
        show("platform", () -> Class.forName("java.sql.Driver", false, ClassLoader.getPlatformClassLoader()));
        show("module", () -> Class.forName(Object.class.getModule(), "java.util.Map") + " " + Class.forName(Object.class.getModule(), "java.sql.Driver"));
        show("cause", () -> { throw new ClassNotFoundException("text", new Error("inner")); });
        show("no cause", () -> new ClassNotFoundException().getException());
    }

    static Object call(String m) throws Exception {
        try {
            var method = java.lang.invoke.MethodHandles.publicLookup().findStatic(loader.loadClass("User"), m, java.lang.invoke.MethodType.methodType(void.class));
            method.invoke();
            return "ok";
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
