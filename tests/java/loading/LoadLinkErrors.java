// What recompilation breaks: missing, changed and inaccessible fields, methods and classes, with the texts of the errors.
public class LoadLinkErrors {
    public static class Target {
        public int field = 1;
        public static int statik = 2;
        private int secret = 3;
        private static int secretStatic = 4;
        public final int fixed = 5;
        public static final Object FIXED = new Object();
        int packaged = 6;
        public int method(int i) { return i; }
        public static int call(long l) { return (int) l; }
        private int hidden() { return 7; }
        private static void hiddenStatic() { }
        void packageMethod() { }
        protected void guarded() { }
        private Target(int i) { }
        public Target() { }
    }
    public interface Face { int face(); default int given() { return 9; } static int st() { return 10; } }
    static class NotPublic { public static int x; public NotPublic() { } public static void m() { } }
    public static abstract class Abstract { public abstract int todo(); public Abstract() { } }

    static int count;
    static ClassBytes.Loader loader = new ClassBytes.Loader();

    static void run(String what, String code) {
        String name = "Use" + count++;
        loader.add(new ClassBytes("public", name, "java/lang/Object").constructor("java/lang/Object")
            .method("public static", "run", "()V", code + " | return"));
        String first = loader.outcome(name, "run"), second = loader.outcome(name, "run");
        System.out.println(what + ": " + first + (first.equals(second) ? "" : " THEN " + second));
    }

    static void fields() {
        String t = "LoadLinkErrors$Target", make = "new " + t + " | dup | invokespecial " + t + ".<init> ()V | ";
        run("fine", make + "getfield " + t + ".field I | pop");
        run("missing field", make + "getfield " + t + ".missing I | pop");
        run("missing static", "getstatic " + t + ".missing Ljava/lang/String; | pop");
        run("missing put", "iconst_0 | putstatic " + t + ".missing [[I");
        run("wrong type", make + "getfield " + t + ".field J | pop2");
        run("static read as instance", make + "getfield " + t + ".statik I | pop");
        run("instance read as static", "getstatic " + t + ".field I | pop");
        run("static written as instance", make + "iconst_1 | putfield " + t + ".statik I");
        run("instance written as static", "iconst_1 | putstatic " + t + ".field I");
        run("private", make + "getfield " + t + ".secret I | pop");
        run("private static", "getstatic " + t + ".secretStatic I | pop");
        run("package", make + "getfield " + t + ".packaged I | pop");
        run("final write", make + "iconst_1 | putfield " + t + ".fixed I");
        run("final static write", "aconst_null | putstatic " + t + ".FIXED Ljava/lang/Object;");
        run("missing class", "getstatic gone/Missing.x I | pop");
        run("not public class", "getstatic LoadLinkErrors$NotPublic.x I | pop");
        run("field of array", "iconst_1 | newarray 10 | getfield [I.length I | pop");
    }

    static void methods() {
        String t = "LoadLinkErrors$Target", make = "new " + t + " | dup | invokespecial " + t + ".<init> ()V | ";
        run("fine", make + "iconst_1 | invokevirtual " + t + ".method (I)I | pop");
        run("missing virtual", make + "invokevirtual " + t + ".missing ()V");
        run("missing signature", make + "lconst_0 | aconst_null | invokevirtual " + t + ".method (J[Ljava/lang/String;)[[D | pop");
        run("missing static", "iconst_1 | invokestatic " + t + ".call (I)I | pop");
        run("missing constructor", "new " + t + " | dup | aconst_null | invokespecial " + t + ".<init> (Ljava/lang/Object;)V | pop");
        run("private constructor", "new " + t + " | dup | iconst_1 | invokespecial " + t + ".<init> (I)V | pop");
        run("static as virtual", make + "lconst_1 | invokevirtual " + t + ".call (J)I | pop");
        run("virtual as static", "iconst_1 | invokestatic " + t + ".method (I)I | pop");
        run("private virtual", make + "invokevirtual " + t + ".hidden ()I | pop");
        run("private static", "invokestatic " + t + ".hiddenStatic ()V");
        run("package", make + "invokevirtual " + t + ".packageMethod ()V");
        run("protected", make + "invokevirtual " + t + ".guarded ()V");
        run("class as interface", make + "invokeinterface " + t + ".method ()I | pop");
        run("interface as class", "aconst_null | checkcast LoadLinkErrors$Face | invokevirtual LoadLinkErrors$Face.face ()I | pop");
        run("interface static by class ref", "invokestatic LoadLinkErrors$Face.st ()I | pop");
        run("class static by interface ref", "lconst_0 | invokestatic " + t + ".call (J)I interface | pop");
        run("missing interface method", "aconst_null | checkcast LoadLinkErrors$Face | invokeinterface LoadLinkErrors$Face.none ()V");
        run("static interface method as instance", "aconst_null | checkcast LoadLinkErrors$Face | invokeinterface LoadLinkErrors$Face.st ()I | pop");
        run("missing class", "invokestatic gone/Missing.m ()V");
        run("not public class", "invokestatic LoadLinkErrors$NotPublic.m ()V");
        run("array method", "iconst_1 | newarray 10 | invokevirtual [I.missing ()V");
    }

    static void classes() {
        run("new missing", "new gone/Missing | pop");
        run("new abstract", "new LoadLinkErrors$Abstract | pop");
        run("new interface", "new LoadLinkErrors$Face | pop");
        run("new not public", "new LoadLinkErrors$NotPublic | pop");
        run("array of missing", "iconst_1 | anewarray gone/Missing | pop");
        run("array of not public", "iconst_1 | anewarray LoadLinkErrors$NotPublic | pop");
        run("multi array of missing", "iconst_1 | iconst_1 | multianewarray [[Lgone/Missing; 2 | pop");
        run("cast to missing", "ldc string x | checkcast gone/Missing | pop");
        run("cast null to missing", "aconst_null | checkcast gone/Missing | pop");
        run("instanceof missing", "ldc string x | instanceof gone/Missing | pop");
        run("literal of missing", "ldc class gone/Missing | pop");
        run("literal of array of missing", "ldc class [Lgone/Missing; | pop");
        run("catch missing", ".catch gone/Missing a b h | a: | iconst_1 | iconst_0 | idiv | pop | return | b: | h: | pop");
        run("catch missing unused", ".catch gone/Missing a b h | a: | iconst_1 | iconst_1 | idiv | pop | return | b: | h: | pop");
        run("native missing", "invokestatic UseNative.n ()V");
    }

    static void abstracts() throws Exception {
        loader.add(new ClassBytes("public", "Lacks", "LoadLinkErrors$Abstract", "LoadLinkErrors$Face").constructor("LoadLinkErrors$Abstract"));
        loader.add(new ClassBytes("public", "PrivateFace", "java/lang/Object", "LoadLinkErrors$Face").constructor("java/lang/Object")
            .method("private", "face", "()I", "iconst_1 | ireturn"));
        loader.add(new ClassBytes("public", "StaticFace", "java/lang/Object", "LoadLinkErrors$Face").constructor("java/lang/Object")
            .method("public static", "face", "()I", "iconst_1 | ireturn"));
        loader.add(new ClassBytes("public", "WeakFace", "java/lang/Object", "LoadLinkErrors$Face").constructor("java/lang/Object")
            .method("protected", "face", "()I", "iconst_1 | ireturn"));
        String left = "public interface", object = "java/lang/Object";
        loader.add(new ClassBytes(left, "Left", object).version(52, 0).method("public", "both", "()I", "iconst_1 | ireturn"));
        loader.add(new ClassBytes(left, "Right", object).version(52, 0).method("public", "both", "()I", "iconst_2 | ireturn"));
        loader.add(new ClassBytes("public", "Ambiguous", object, "Left", "Right").version(52, 0).constructor(object));
        run("abstract class method", "new Lacks | dup | invokespecial Lacks.<init> ()V | invokevirtual LoadLinkErrors$Abstract.todo ()I | pop");
        run("abstract through subclass", "new Lacks | dup | invokespecial Lacks.<init> ()V | invokevirtual Lacks.todo ()I | pop");
        run("interface method", "new Lacks | dup | invokespecial Lacks.<init> ()V | invokeinterface LoadLinkErrors$Face.face ()I | pop");
        run("default is there", "new Lacks | dup | invokespecial Lacks.<init> ()V | invokeinterface LoadLinkErrors$Face.given ()I | pop");
        for (String c : "PrivateFace StaticFace WeakFace".split(" ")) {
            run("interface call of " + c, "new " + c + " | dup | invokespecial " + c + ".<init> ()V | invokeinterface LoadLinkErrors$Face.face ()I | pop");
        }
        String make = "new Ambiguous | dup | invokespecial Ambiguous.<init> ()V | ";
        run("conflicting defaults", make + "invokevirtual Ambiguous.both ()I | pop");
        loader.add(new ClassBytes("public", "UseNative", object).method("public static native", "n", "()V", null)
            .method("public static native", "withArguments", "(I[JLjava/lang/String;)V", null));
        run("native", "invokestatic UseNative.n ()V");
        run("native with arguments", "iconst_0 | aconst_null | aconst_null | invokestatic UseNative.withArguments (I[JLjava/lang/String;)V");
        for (String c : "Lacks Ambiguous".split(" ")) {
            for (var m : loader.loadClass(c).getMethods()) {
                if (m.getDeclaringClass() != Object.class && !m.getName().equals("given")) System.out.println(c + " has " + m);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        fields();
        methods();
        classes();
        abstracts();
    }
}
