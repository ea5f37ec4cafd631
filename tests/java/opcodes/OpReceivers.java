/* The receiver of a call in an interface, or through one, is of no type that verification would have checked: invokespecial
 * wants an instance of the current interface, invokeinterface one of the interface it names (JVMS 6.5). */
public class OpReceivers {
    static final String OBJECT = "(Ljava/lang/Object;)", STRING = "()Ljava/lang/String;", RESULT = OBJECT + "Ljava/lang/String;";

    static String constant(String text) {
        return "ldc string " + text + " | areturn";
    }

    static String call(String instruction) {
        return "aload_0 | " + instruction + " | areturn";
    }

    static ClassBytes type(String name, String interfaceName, String toString) {
        return new ClassBytes("public", name, "java/lang/Object", interfaceName).version(55, 0)
            .constructor("java/lang/Object").method(toString, "toString", STRING, constant("toString of " + name));
    }

    static ClassBytes[] types() {
        ClassBytes face = new ClassBytes("public interface", "Face", "java/lang/Object").version(55, 0)
            .method("private", "hidden", STRING, constant("hidden"))
            .method("public", "shown", STRING, constant("shown"))
            .method("public", "inherited", STRING, constant("inherited"))
            .method("public static", "superHidden", RESULT, call("invokespecial Face.hidden " + STRING + " interface"))
            .method("public static", "superShown", RESULT, call("invokespecial Face.shown " + STRING + " interface"))
            .method("public static", "superObject", RESULT, call("invokespecial java/lang/Object.toString " + STRING))
            .method("public static", "faceHidden", RESULT, call("invokeinterface Face.hidden " + STRING))
            .method("public static", "faceShown", RESULT, call("invokeinterface Face.shown " + STRING))
            .method("public static", "faceObject", RESULT, call("invokeinterface Face.toString " + STRING))
            .method("public static", "faceFinal", RESULT, call(
                "invokeinterface Face.getClass ()Ljava/lang/Class; | invokevirtual java/lang/Class.getName " + STRING))
            .method("public static", "made", "(Ljava/lang/Object;)Ljava/lang/String;",
                "new java/lang/String | dup | invokespecial java/lang/String.<init> ()V | areturn");
        ClassBytes sub = new ClassBytes("public interface", "Sub", "java/lang/Object", "Face").version(55, 0)
            .method("public", "shown", STRING, constant("shown by Sub"))
            .method("public static", "subInherited", RESULT, call("invokeinterface Sub.inherited " + STRING))
            .method("public static", "superInherited", RESULT, call("invokespecial Face.inherited " + STRING + " interface"));
        return new ClassBytes[] {face, sub, type("OfFace", "Face", "public"), type("OfSub", "Sub", "public"),
            type("OfNone", "java/lang/Runnable", "public"), type("Shy", "Face", "package"),
            type("Face1", "Face", "public"), type("Face2", "Face", "public"), type("Face3", "Face", "public"),
            type("Face4", "Face", "public"), type("Face5", "Face", "public")};
    }

    public static void main(String[] args) throws Throwable {
        ClassBytes.Loader loader = new ClassBytes.Loader(types());
        String[] wrong = {"OfNone", "string", "array", "null"}, right = {"OfFace", "OfSub", "Face1", "Face2", "Face3", "Face4", "Face5"};
        for (String caller : new String[] {"Face.superHidden", "Face.superShown", "Face.superObject", "Face.faceHidden",
                "Face.faceShown", "Face.faceObject", "Sub.subInherited", "Sub.superInherited", "Face.made"}) {
            System.out.println(caller);
            for (int round = 0; round < 2; round++) {
                show(loader, caller, wrong);
                show(loader, caller, right);
            }
            show(loader, caller, wrong);
            show(loader, caller, "Shy");
        }
        show(loader, "Face.faceFinal", wrong);
        show(loader, "Face.faceFinal", right);
        forbidden();
    }

    static void show(ClassBytes.Loader loader, String caller, String... receivers) throws Throwable {
        int dot = caller.indexOf('.');
        for (String name : receivers) {
            Object receiver = name.equals("null") ? null : name.equals("string") ? "text" : name.equals("array") ? new int[1]
                : loader.loadClass(name).getConstructor().newInstance();
            String outcome = loader.outcome(caller.substring(0, dot), caller.substring(dot + 1), receiver);
            System.out.println("  " + name + ": " + (receiver == null ? outcome.replaceAll(":.*", "") : outcome.replaceAll("@[0-9a-f]+", "@HASH")));
        }
    }

    /* What invokespecial must not name (JVMS 4.9.2). */
    static void forbidden() {
        ClassBytes[] callers = {
            new ClassBytes("public", "Indirect", "java/lang/Object", "Sub").version(55, 0)
                .method("public static", "run", RESULT, call("invokespecial Face.shown " + STRING + " interface")),
            new ClassBytes("public", "Unrelated", "java/lang/Object").version(55, 0)
                .method("public static", "run", RESULT, call("invokespecial Face.shown " + STRING + " interface")),
            new ClassBytes("public interface", "Stranger", "java/lang/Object").version(55, 0)
                .method("public static", "run", RESULT, call("invokespecial java/lang/String.toString " + STRING)),
            new ClassBytes("public", "Mistaken", "java/lang/Object", "Face").version(55, 0)
                .method("public static", "run", RESULT, call("invokespecial Face.shown " + STRING + " interface")),
        };
        ClassBytes.Loader loader = new ClassBytes.Loader(types());
        for (ClassBytes caller : callers) {
            loader.add(caller);
            System.out.println(caller.name + ": " + loader.outcome(caller.name, "run", "x").replaceAll("(?s)VerifyError.*", "VerifyError"));
        }
    }
}
