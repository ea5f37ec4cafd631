// jsr, jsr_w, ret, wide ret and goto_w, which javac no longer emits: nested subroutines, finally of the old style, loops.
public class OpSubroutines {
    static ClassBytes build() {
        ClassBytes c = new ClassBytes("public", "Subs", "java/lang/Object").version(48, 0);
        c.method("public static", "simple", "(I)I",
                 "jsr twice | jsr twice | iload_0 | ireturn | twice: | astore_1 | iload_0 | iconst_2 | imul | istore_0 | ret 1");
        c.method("public static", "wideForms", "(I)I",
                 ".locals 400 | jsr_w triple | jsr_w triple | goto_w end | triple: | wide astore 300 | iload_0 | iconst_3"
                 + " | imul | istore_0 | wide ret 300 | end: | iload_0 | ireturn");
        c.method("public static", "nested", "(I)I",
                 "jsr outer | iload_0 | ireturn | outer: | astore_1 | iinc 0 1 | jsr inner | jsr inner | ret 1"
                 + " | inner: | astore_2 | iload_0 | bipush 10 | imul | istore_0 | ret 2");
        c.method("public static", "loop", "(I)I",
                 "iconst_0 | istore_1 | goto test | body: | jsr add | iinc 0 -1 | test: | iload_0 | ifgt body | iload_1"
                 + " | ireturn | add: | astore_2 | iload_1 | iload_0 | iadd | istore_1 | ret 2");
        // The finally of compilers before 1.4: one subroutine for the normal and the exceptional way out.
        c.method("public static", "divide", "(II[Ljava/lang/StringBuffer;)I",
                 ".catch java/lang/ArithmeticException from to handler | .catch any from finally other"
                 + " | from: | iload_0 | iload_1 | idiv | istore_3 | to: | jsr finally | iload_3 | ireturn"
                 + " | handler: | pop | iconst_m1 | istore_3 | jsr finally | iload_3 | ireturn"
                 + " | other: | astore 5 | jsr finally | aload 5 | athrow"
                 + " | finally: | astore 4 | aload_2 | iconst_0 | aaload | ldc string [finally]"
                 + " | invokevirtual java/lang/StringBuffer.append (Ljava/lang/String;)Ljava/lang/StringBuffer; | pop | ret 4");
        // A subroutine that is left without ret, and one that is entered with values below the return address.
        c.method("public static", "leave", "(I)I",
                 "iconst_5 | jsr sub | iload_0 | iadd | ireturn | sub: | astore_1 | iload_0 | ifeq away | ret 1"
                 + " | away: | bipush 100 | iadd | ireturn");
        c.method("public static", "polymorphic", "(I)D",
                 "jsr sub | iload_0 | i2d | dstore_1 | jsr sub2 | dload_1 | dreturn | sub: | astore_1 | iinc 0 5 | ret 1"
                 + " | sub2: | astore_3 | dload_1 | ldc2_w double 0.5 | dmul | dstore_1 | ret 3");
        c.method("public static", "thrower", "(I)Ljava/lang/Object;",
                 ".catch java/lang/RuntimeException a b h | a: | jsr sub | aconst_null | areturn | sub: | astore_1"
                 + " | new java/lang/RuntimeException | dup | ldc string in subroutine"
                 + " | invokespecial java/lang/RuntimeException.<init> (Ljava/lang/String;)V | athrow | b:"
                 + " | h: | invokevirtual java/lang/RuntimeException.getMessage ()Ljava/lang/String; | areturn");
        StringBuilder far = new StringBuilder("goto_w over | back: | iload_0 | ireturn\n");
        for (int i = 0; i < 20000; i++) far.append("iinc 0 1\n");
        far.append("over: | iload_0 | ifne there | iinc 0 7 | goto_w back | there: | jsr_w sub | goto_w back"
                   + " | sub: | astore_1 | iload_0 | ineg | istore_0 | ret 1");
        c.method("public static", "far", "(I)I", far.toString());
        return c;
    }

    public static void main(String[] args) throws Throwable {
        ClassBytes.Loader loader = new ClassBytes.Loader(build());
        for (int i : new int[] {0, 1, 3, -7, 1000}) {
            System.out.println(i + " simple " + loader.call("Subs", "simple", i) + " wide " + loader.call("Subs", "wideForms", i)
                               + " nested " + loader.call("Subs", "nested", i) + " loop " + loader.call("Subs", "loop", i)
                               + " leave " + loader.call("Subs", "leave", i) + " polymorphic "
                               + loader.call("Subs", "polymorphic", i) + " far " + loader.call("Subs", "far", i)
                               + " thrower " + loader.call("Subs", "thrower", i));
        }
        for (int[] p : new int[][] {{10, 3}, {10, 0}, {Integer.MIN_VALUE, -1}, {-9, 2}}) {
            StringBuffer log = new StringBuffer();
            System.out.println(loader.call("Subs", "divide", p[0], p[1], new StringBuffer[] {log}) + " " + log);
        }
        System.out.println(loader.outcome("Subs", "divide", 1, 1, new StringBuffer[0]));
        try {
            loader.call("Subs", "divide", 1, 0, null);
        } catch (NullPointerException e) {
            System.out.println(e.getMessage());
        }
        int total = 0;
        for (int i = 0; i < 5000; i++) total += (Integer) loader.call("Subs", "nested", i) + (Integer) loader.call("Subs", "loop", i % 50);
        System.out.println(total);
    }
}
