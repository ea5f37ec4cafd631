// Loader constraints (JVMS 5.3.4): two loaders that disagree about a class in the signature of a method, field or override.
public class LoadConstraints {
    static ClassBytes token(String field) {
        return new ClassBytes("public", "Token", "java/lang/Object").constructor("java/lang/Object").field("public", field, "I");
    }

    static ClassBytes provider() {
        ClassBytes c = new ClassBytes("public", "Provider", "java/lang/Object").constructor("java/lang/Object");
        c.field("public static", "token", "LToken;").field("public", "instance", "LToken;");
        c.method("public static", "give", "()LToken;", "new Token | dup | invokespecial Token.<init> ()V | areturn");
        c.method("public static", "take", "(LToken;)V", "return");
        c.method("public static", "takeArray", "([[LToken;I)V", "return");
        return c.method("public", "virtual", "(LToken;)LToken;", "aload_1 | areturn");
    }

    static ClassBytes user(String name, String code) {
        return new ClassBytes("public", name, "java/lang/Object").method("public static", "run", "()V", code + " | return");
    }

    /** Has its own Token; asks its parent for the rest. */
    static class Own extends ClassBytes.Loader {
        Own(String name, ClassLoader parent, ClassBytes... classes) { super(name, parent, classes); }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals("Token")) return super.loadClass(name, resolve);
            Class<?> c = findLoadedClass(name);
            return c != null ? c : findClass(name);
        }
    }

    static final String MAKE = "new Provider | dup | invokespecial Provider.<init> ()V | ";
    static final String[][] CASES = {
        {"give", "invokestatic Provider.give ()LToken; | pop"},
        {"take", "aconst_null | invokestatic Provider.take (LToken;)V"},
        {"array", "aconst_null | iconst_0 | invokestatic Provider.takeArray ([[LToken;I)V"},
        {"virtual", MAKE + "aconst_null | invokevirtual Provider.virtual (LToken;)LToken; | pop"},
        {"static field", "getstatic Provider.token LToken; | pop"},
        {"instance field", MAKE + "getfield Provider.instance LToken; | pop"},
        {"put", "aconst_null | putstatic Provider.token LToken;"},
    };

    static void attempt(String what, boolean loadFirst) throws Exception {
        for (String[] test : CASES) {
            ClassBytes.Loader parent = new ClassBytes.Loader("parent", LoadConstraints.class.getClassLoader(), token("a"), provider());
            Own child = new Own("child", parent, token("b"), user("User", test[1]));
            if (loadFirst) {
                Class<?> t = child.loadClass("Token");
                Class.forName("Provider", true, parent);
                parent.loadClass("Token");
            }
            System.out.println(what + ", " + test[0] + ": " + child.outcome("User", "run") + " then " + (child.outcome("User", "run").length()));
            // A constraint that was recorded before the classes were there is checked when they are loaded.
            try {
                System.out.println("  " + (child.loadClass("Token") == parent.loadClass("Token")));
            } catch (LinkageError e) {
                System.out.println("  " + ClassBytes.clean(e));
            }
        }
    }

    static void overriding() throws Exception {
        ClassBytes.Loader parent = new ClassBytes.Loader("parent", LoadConstraints.class.getClassLoader(), token("a"), provider(),
            new ClassBytes("public interface", "Face", "java/lang/Object").method("public abstract", "face", "(LToken;)V", null));
        ClassBytes sub = new ClassBytes("public", "Sub", "Provider").constructor("Provider").method("public", "virtual", "(LToken;)LToken;", "aconst_null | areturn");
        ClassBytes impl = new ClassBytes("public", "Impl", "java/lang/Object", "Face").constructor("java/lang/Object").method("public", "face", "(LToken;)V", "return");
        ClassBytes lacks = new ClassBytes("public", "Lacks", "Provider", "Face").constructor("Provider");
        Own child = new Own("child", parent, token("b"), sub, impl, lacks);
        parent.loadClass("Token");
        child.loadClass("Token");
        for (String n : "Sub Impl Lacks".split(" ")) {
            try {
                Class<?> c = Class.forName(n, true, child);
                System.out.println(c + " " + c.getDeclaredConstructor().newInstance().getClass().getName());
            } catch (LinkageError e) {
                System.out.println(n + " " + ClassBytes.clean(e));
            }
        }
    }

    static void agreeing() throws Exception {
        ClassBytes.Loader parent = new ClassBytes.Loader("parent", LoadConstraints.class.getClassLoader(), token("a"), provider());
        for (String[] test : CASES) {
            ClassBytes.Loader child = new ClassBytes.Loader("child", parent, user("User", test[1]));
            System.out.println("agree, " + test[0] + ": " + child.outcome("User", "run"));
        }
    }

    public static void main(String[] args) throws Exception {
        attempt("loaded before", true);
        attempt("loaded after", false);
        overriding();
        agreeing();
    }
}
