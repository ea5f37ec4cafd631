// Code that verification must refuse: the kind of error, and that the class can still be loaded but never initialized.
public class LoadVerification {
    static int count;

    static void refuse(String what, int major, String access, String descriptor, String code) {
        String name = "Bad" + count++;
        ClassBytes c = new ClassBytes("public", name, "java/lang/Object").version(major, 0).constructor("java/lang/Object");
        c.method(access, "m", descriptor, code);
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        StringBuilder s = new StringBuilder(what + " (" + major + "): ");
        try {
            s.append(loader.loadClass(name).getName()).append(" loaded, ");
            for (int i = 0; i < 2; i++) {
                try {
                    Class.forName(name, true, loader);
                    s.append("accepted ");
                } catch (LinkageError e) {
                    s.append(e.getClass().getSimpleName()).append(' ');
                }
            }
        } catch (Throwable e) {
            s.append(e.getClass().getSimpleName());
        }
        System.out.println(s.toString().trim());
    }

    static void both(String what, String code) {
        refuse(what, 49, "public static", "()V", code);
        refuse(what, 52, "public static", "()V", code);
    }

    public static void main(String[] args) throws Throwable {
        both("fine", "nop | return");
        both("stack underflow", "pop | return");
        both("stack overflow", ".stack 1 | iconst_0 | iconst_0 | pop2 | return");
        both("falls off the end", "nop");
        both("wrong return", "iconst_0 | ireturn");
        both("int as reference", "iconst_0 | areturn");
        both("reference as int", "aconst_null | iconst_1 | iadd | pop | return");
        both("long as int", "lconst_0 | iconst_1 | iadd | pop | return");
        both("half of a long", "lconst_0 | pop | pop | return");
        both("swap of longs", "lconst_0 | lconst_1 | swap | return");
        both("dup of a long", "lconst_0 | dup | pop2 | pop | return");
        both("uninitialized local", "iload_3 | pop | return");
        both("local out of range", ".locals 2 | iconst_0 | istore_2 | return");
        both("local type", "iconst_0 | istore_0 | aload_0 | pop | return");
        both("half overwritten long", "lconst_0 | lstore_0 | iconst_0 | istore_1 | lload_0 | pop2 | return");
        both("uninitialized object", "new java/lang/Object | invokevirtual java/lang/Object.hashCode ()I | pop | return");
        both("initialized twice", "new java/lang/Object | dup | dup | invokespecial java/lang/Object.<init> ()V | invokespecial java/lang/Object.<init> ()V | return");
        both("string as integer", "ldc string x | invokevirtual java/lang/Integer.intValue ()I | pop | return");
        both("argument type", "ldc string x | invokestatic java/lang/String.valueOf (I)Ljava/lang/String; | pop | return");
        both("array element type", "iconst_1 | newarray 10 | iconst_0 | faload | pop | return");
        both("array of references as ints", "iconst_1 | anewarray java/lang/String | iconst_0 | iaload | pop | return");
        both("throws a string", "ldc string x | athrow");
        both("field receiver", "ldc string x | getfield java/awt/Point.x I | pop | return");
        both("calls <clinit>", "invokestatic java/lang/Object.<clinit> ()V | return");
        both("invokevirtual of <init>", "ldc string x | invokevirtual java/lang/Object.<init> ()V | return");
        both("invokespecial of a stranger", "ldc string x | invokespecial java/lang/String.length ()I | pop | return");
        both("newarray type", "iconst_1 | newarray 3 | pop | return");
        both("multianewarray dimensions", "iconst_1 | iconst_1 | multianewarray [I 2 | pop | return");
        both("monitor of int", "iconst_1 | monitorenter | return");
        both("interface as object", "ldc string x | invokeinterface java/lang/Runnable.run ()V | return");
        refuse("branch without frame", 52, "public static", "(I)V", "iload_0 | ifeq a | nop | a: | return");
        refuse("branch, inferred", 50, "public static", "(I)V", "iload_0 | ifeq a | nop | a: | return");
        refuse("different depths", 49, "public static", "(I)V", "iload_0 | ifeq a | iconst_0 | a: | return");
        refuse("different types merged", 49, "public static", "(I)I", "iload_0 | ifeq a | iconst_0 | goto b | a: | aconst_null | b: | ireturn");
        refuse("merged to Object", 49, "public static", "(I)Ljava/lang/Object;", "iload_0 | ifeq a | ldc string x | goto b | a: | new java/lang/Object | dup | invokespecial java/lang/Object.<init> ()V | b: | areturn");
        refuse("merged to Object used as String", 49, "public static", "(I)Ljava/lang/String;", "iload_0 | ifeq a | ldc string x | goto b | a: | new java/lang/Object | dup | invokespecial java/lang/Object.<init> ()V | b: | areturn");
        refuse("jsr in new class", 51, "public static", "()V", "jsr a | return | a: | astore_0 | ret 0");
        refuse("jsr in old class", 49, "public static", "()V", "jsr a | return | a: | astore_0 | ret 0");
        refuse("ret of int", 49, "public static", "()V", "iconst_0 | istore_0 | ret 0");
        refuse("handler range", 49, "public static", "()V", ".catch any b a a | a: | nop | b: | return");
        refuse("handler of a non-throwable", 49, "public static", "()V", ".catch java/lang/String a b b | a: | nop | return | b: | pop | return");
        refuse("this in static", 49, "public static", "()V", "aload_0 | pop | return");
        refuse("unknown instruction", 49, "public static", "()V", "wide nop | return");
        ClassBytes c = new ClassBytes("public", "NoSuperCall", "java/lang/Object").method("public", "<init>", "()V", "return");
        System.out.println(new ClassBytes.Loader(c).loadClass("NoSuperCall").getName());
        try {
            new ClassBytes.Loader(c).loadClass("NoSuperCall").getDeclaredConstructor().newInstance();
        } catch (LinkageError e) {
            System.out.println(e.getClass());
        }
    }
}
