// invokedynamic assembled by hand: linked once per call site, bootstrap failures repeated, all call site kinds and types.
import java.lang.invoke.CallSite;
import java.lang.invoke.ConstantCallSite;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.MutableCallSite;
import java.lang.invoke.VolatileCallSite;

public class OpDynamic {
    static int links;
    static MutableCallSite mutable;

    public static CallSite constant(MethodHandles.Lookup lookup, String name, MethodType type) throws Throwable {
        links++;
        System.out.println("link " + name + type);
        return new ConstantCallSite(lookup.findStatic(OpDynamic.class, name, type));
    }

    public static CallSite mutable(MethodHandles.Lookup lookup, String name, MethodType type, int value) throws Throwable {
        links++;
        mutable = new MutableCallSite(MethodHandles.constant(int.class, value));
        return mutable;
    }

    public static CallSite vararg(MethodHandles.Lookup lookup, String name, MethodType type, Object... extra) {
        links++;
        return new VolatileCallSite(MethodHandles.constant(String.class, name + java.util.Arrays.toString(extra)));
    }

    public static CallSite fails(MethodHandles.Lookup lookup, String name, MethodType type) throws Throwable {
        links++;
        if (name.equals("checked")) throw new java.io.IOException("checked failure");
        if (name.equals("error")) throw new AssertionError("error failure");
        if (name.equals("nothing")) return null;
        if (name.equals("wrongType")) return new ConstantCallSite(MethodHandles.constant(String.class, "x"));
        throw new IllegalStateException("runtime failure");
    }

    public static Object notASite(MethodHandles.Lookup lookup, String name, MethodType type) {
        return "not a call site";
    }

    public static long mix(int a, long b, float c, double d, String e, byte f) {
        return (long) (a + b + c + d + e.length() + f);
    }

    public static double real(double a, double b) { return a / b; }
    public static void nothing(Object o) { System.out.println("nothing " + o); }
    public static boolean flag(boolean b, char c, short s) { return b ^ c == s; }
    public static Object thrower(String s) throws Exception { throw new Exception("thrown " + s); }

    public static void main(String[] args) throws Throwable {
        ClassBytes c = new ClassBytes("public", "Dynamic", "java/lang/Object").version(52, 0);
        String lead = "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/invoke/MethodType;";
        String site = ")Ljava/lang/invoke/CallSite;";
        int constant = c.bootstrap("OpDynamic.constant", lead + site);
        int mutableSite = c.bootstrap("OpDynamic.mutable", lead + "I" + site, c.loadable("int", "7"));
        int vararg = c.bootstrap("OpDynamic.vararg", lead + "[Ljava/lang/Object;" + site, c.loadable("int", "1"),
            c.loadable("string", "two"), c.loadable("double", "3.5"), c.loadable("class", "java/lang/Void"),
            c.loadable("mt", "(J)Z"), c.loadable("long", "4"), c.loadable("float", "5"));
        int varargEmpty = c.bootstrap("OpDynamic.vararg", lead + "[Ljava/lang/Object;" + site);
        int fails = c.bootstrap("OpDynamic.fails", lead + site);
        int notASite = c.bootstrap("OpDynamic.notASite", lead + ")Ljava/lang/Object;");
        int missing = c.bootstrap("OpDynamic.missing", lead + site);
        c.method("public static", "mix", "(IJFDLjava/lang/String;B)J", "iload_0 | lload_1 | fload_3 | dload 4 | aload 6 | iload 7"
                 + " | invokedynamic " + constant + " mix (IJFDLjava/lang/String;B)J | lreturn");
        c.method("public static", "real", "(DD)D", "dload_0 | dload_2 | invokedynamic " + constant + " real (DD)D | dreturn");
        c.method("public static", "flag", "(ZCS)Z", "iload_0 | iload_1 | iload_2 | invokedynamic " + constant + " flag (ZCS)Z | ireturn");
        c.method("public static", "nothing", "(Ljava/lang/Object;)V", "aload_0 | invokedynamic " + constant + " nothing (Ljava/lang/Object;)V | return");
        c.method("public static", "thrower", "()Ljava/lang/Object;", "ldc string here | invokedynamic " + constant + " thrower (Ljava/lang/String;)Ljava/lang/Object; | areturn");
        c.method("public static", "absent", "()V", "invokedynamic " + constant + " absent ()V | return");
        c.method("public static", "mutable", "()I", "invokedynamic " + mutableSite + " m ()I | ireturn");
        c.method("public static", "twoSites", "()I", "invokedynamic " + mutableSite + " m ()I | invokedynamic " + mutableSite + " m ()I | bipush 10 | imul | iadd | ireturn");
        c.method("public static", "vararg", "()Ljava/lang/String;", "invokedynamic " + vararg + " v ()Ljava/lang/String; | areturn");
        c.method("public static", "varargEmpty", "()Ljava/lang/String;", "invokedynamic " + varargEmpty + " v ()Ljava/lang/String; | areturn");
        for (String f : "checked error nothing wrongType runtime".split(" ")) {
            c.method("public static", "fail_" + f, "()V", "invokedynamic " + fails + " " + f + " ()V | return");
        }
        c.method("public static", "fail_site", "()V", "invokedynamic " + notASite + " x ()V | return");
        c.method("public static", "fail_missing", "()V", "invokedynamic " + missing + " x ()V | return");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        for (int i = 0; i < 3; i++) {
            System.out.println(loader.call("Dynamic", "mix", i, 1L << 33, 1.5f, 2.5, "abc", (byte) -1) + " "
                               + loader.call("Dynamic", "real", 1.0, (double) i) + " " + loader.call("Dynamic", "flag", true, 'a', (short) 97)
                               + " " + loader.outcome("Dynamic", "nothing", i) + " " + loader.outcome("Dynamic", "thrower") + " " + links);
        }
        System.out.println(loader.call("Dynamic", "mutable") + " " + links);
        mutable.setTarget(MethodHandles.constant(int.class, 1234));
        System.out.println(loader.call("Dynamic", "mutable") + " " + links);
        System.out.println(loader.call("Dynamic", "twoSites") + " " + links);
        mutable.setTarget(MethodHandles.constant(int.class, 1));
        System.out.println(loader.call("Dynamic", "twoSites") + " " + links);
        System.out.println(loader.call("Dynamic", "vararg") + " " + loader.call("Dynamic", "varargEmpty") + " " + links);
        for (String f : "absent fail_checked fail_error fail_nothing fail_wrongType fail_runtime fail_site fail_missing".split(" ")) {
            for (int i = 0; i < 2; i++) {
                int before = links;
                try {
                    loader.call("Dynamic", f);
                } catch (Throwable e) {
                    System.out.println(f + " " + e + " / " + e.getCause() + " " + (links - before));
                }
            }
        }
    }
}
