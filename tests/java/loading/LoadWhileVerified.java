/* A class loader that the verifier asks for a type uses the very class that is being verified: it is linked and initialized
 * then and there, as HotSpot does it, and remains so. */
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

public class LoadWhileVerified extends ClassLoader {
    static final String OBJECT = "java/lang/Object", STRING = "Ljava/lang/String;";

    final Map<String, byte[]> classes = new HashMap<>();
    final BiConsumer<LoadWhileVerified, String> asked;
    boolean inside;

    LoadWhileVerified(BiConsumer<LoadWhileVerified, String> asked, ClassBytes... all) {
        super(LoadWhileVerified.class.getClassLoader());
        this.asked = asked;
        for (ClassBytes c : all) classes.put(c.name, c.toBytes());
    }

    @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) return known;
            byte[] bytes = classes.get(name);
            if (bytes == null) return super.loadClass(name, resolve);
            Class<?> defined = defineClass(name, bytes, 0, bytes.length);
            if (!inside && (name.equals("Above") || name.equals("Below"))) { /* whichever the verifier wants first */
                inside = true;
                log("asked by the verifier");
                asked.accept(this, name);
            }
            return defined;
        }
    }

    static void log(String text) {
        System.out.println("  " + text);
    }

    public static void said(String text) {
        log(text);
    }

    static ClassBytes verified(String body) {
        return new ClassBytes("public", "Verified", "Base").version(52, 0)
            .field("static", "count", "I")
            .method("static", "<clinit>", "()V", "ldc string Verified is initialized | invokestatic LoadWhileVerified.said (" + STRING
                + ")V | iconst_5 | putstatic Verified.count I | return")
            .method("public", "virtual", "()I", "bipush 42 | ireturn")
            .method("public", "<init>", "()V", "aload_0 | invokespecial Base.<init> ()V | return")
            .method("public static", "count", "()I", "getstatic Verified.count I | dup | iconst_1 | iadd | putstatic Verified.count I | ireturn")
            .method("public static", "make", "()I", "new Verified | dup | invokespecial Verified.<init> ()V | invokevirtual Verified.virtual ()I | ireturn")
            .method("public static", "up", "(LBelow;)LAbove;", body);
    }

    static ClassBytes[] with(ClassBytes verified) {
        return new ClassBytes[] {verified,
            new ClassBytes("public", "Base", OBJECT).version(52, 0).constructor(OBJECT)
                .method("static", "<clinit>", "()V", "ldc string Base is initialized | invokestatic LoadWhileVerified.said (" + STRING + ")V | return"),
            new ClassBytes("public", "Above", OBJECT).version(52, 0).constructor(OBJECT),
            new ClassBytes("public", "Below", "Above").version(52, 0).constructor("Above")};
    }

    static int call(Class<?> c, String method) {
        try {
            return (Integer) c.getMethod(method).invoke(null);
        } catch (java.lang.reflect.InvocationTargetException e) {
            throw new RuntimeException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new RuntimeException(e);
        }
    }

    static void attempt(LoadWhileVerified loader, boolean again) {
        for (int i = 0; i < (again ? 2 : 1); i++) {
            try {
                Class<?> c = Class.forName("Verified", true, loader);
                log("initialized: " + call(c, "count") + " " + call(c, "make"));
            } catch (Throwable e) {
                log(ClassBytes.clean(e).replaceAll("(?s)VerifyError.*", "VerifyError"));
            }
        }
    }

    static void run(String title, String body, BiConsumer<LoadWhileVerified, String> asked) {
        System.out.println(title);
        attempt(new LoadWhileVerified(asked, with(verified(body))), true);
    }

    public static void main(String[] args) {
        String right = "aload_0 | areturn";
        String wrongLater = "aload_0 | invokestatic Verified.up (LAbove;)V | new java/lang/Object | areturn";
        run("nothing", right, (loader, name) -> { });
        run("Class.forName", right, (loader, name) -> attempt(loader, false));
        run("reflection", right, (loader, name) -> {
            try {
                Class<?> c = Class.forName("Verified", false, loader);
                log("methods " + c.getDeclaredMethods().length + ", made " + c.getConstructor().newInstance().getClass());
                log("field " + call(c, "count"));
            } catch (Throwable e) {
                log(ClassBytes.clean(e));
            }
        });
        run("MethodHandles", right, (loader, name) -> {
            try {
                Class<?> c = Class.forName("Verified", false, loader);
                var lookup = java.lang.invoke.MethodHandles.publicLookup();
                log("handle " + (int) lookup.findStatic(c, "make", java.lang.invoke.MethodType.methodType(int.class)).invoke());
            } catch (Throwable e) {
                log(ClassBytes.clean(e));
            }
        });
        run("an exception", right, (loader, name) -> {
            attempt(loader, false);
            throw new IllegalStateException("of the loader");
        });
        run("wrong, and nothing", wrongLater, (loader, name) -> { });
        run("wrong, and Class.forName", wrongLater, (loader, name) -> attempt(loader, false));
    }
}
