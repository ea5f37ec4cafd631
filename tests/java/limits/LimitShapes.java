// Descriptors with more arguments than a method may have, and interfaces on exponentially many paths.

public class LimitShapes {
    static ClassBytes shape(String name) {
        return new ClassBytes("public", name, "java/lang/Object").version(51, 0).constructor("java/lang/Object");
    }

    static void run(String what, ClassBytes.Loader loader, String owner, String method, Object... arguments) {
        try {
            System.out.println(what + ": " + loader.call(owner, method, arguments));
        } catch (Throwable t) {
            String message = String.valueOf(t.getMessage());
            System.out.println(what + ": " + t.getClass().getName() + " " + message.substring(0, Math.min(60, message.length())));
        }
    }

    static void arguments() {
        for (int n : new int[] {255, 256, 32768, 32896, 65530}) {
            for (String type : new String[] {"J", "I"}) {
                if (n == 255 && type.equals("I")) continue;
                ClassBytes c = shape("C").method("public static native", "many", "(" + type.repeat(n) + ")V", null)
                    .method("public static", "go", "()I", "iconst_1 | ireturn");
                run("method with " + n + " " + type, new ClassBytes.Loader(c), "C", "go");
            }
        }
        for (int n : new int[] {254, 255, 256, 300, 512, 65530}) {
            String descriptor = "(" + "I".repeat(n) + ")V";
            ClassBytes c = shape("C").method("public static", "go", "()Ljava/lang/Object;", "ldc mt " + descriptor + " | invokevirtual "
                + "java/lang/invoke/MethodType.parameterCount ()I | invokestatic java/lang/Integer.valueOf (I)Ljava/lang/Integer; | areturn");
            run("type with " + n, new ClassBytes.Loader(c), "C", "go");
        }
    }

    static void diamonds() {
        int levels = System.getProperty("java.vm.name").contains("Cloister") ? 30 : 15; // HotSpot takes 2 GiB for 30
        ClassBytes.Loader l = new ClassBytes.Loader();
        l.add(new ClassBytes("public interface", "A0", "java/lang/Object").version(52, 0).field("public static final", "base", "I", "int", "4")
            .method("public", "m", "()I", "iconst_5 | ireturn"));
        l.add(new ClassBytes("public interface", "B0", "java/lang/Object").field("public static final", "base", "J", "long", "6"));
        for (int i = 1; i <= levels; i++) {
            for (String side : new String[] {"A", "B"}) {
                l.add(new ClassBytes("public interface", side + i, "java/lang/Object", "A" + (i - 1), "B" + (i - 1)).version(52, 0)
                    .method("public", "m" + i, "()I", "iconst_1 | ireturn"));
            }
        }
        l.add(new ClassBytes("public", "K", "java/lang/Object", "A" + levels, "B" + levels).version(52, 0).constructor("java/lang/Object")
            .method("public static", "made", "()Ljava/lang/Object;", "new K | dup | invokespecial K.<init> ()V | areturn")
            .method("public static", "call", "(Ljava/lang/Object;)I", "aload_0 | invokeinterface A0.m ()I | ireturn")
            .method("public static", "inherited", "()I", "getstatic K.base I | ireturn")
            .method("public static", "other", "()J", "getstatic K.base J | lreturn")
            .method("public static", "noField", "()I", "getstatic K.absent I | ireturn")
            .method("public static", "noMethod", "()I", "invokestatic K.absent ()I | ireturn"));
        try {
            Object k = l.call("K", "made");
            run("method", l, "K", "call", k);
        } catch (Throwable t) {
            System.out.println(t);
        }
        for (String method : new String[] {"inherited", "other", "noField", "noMethod"}) run(method, l, "K", method);
    }

    /** JVMS 5.4.3.2: own fields, then those of direct superinterfaces, then those of the superclass, which comes before its own interfaces. */
    static void order() {
        ClassBytes.Loader l = new ClassBytes.Loader();
        l.add(new ClassBytes("public interface", "I", "java/lang/Object").field("public static final", "x", "I", "int", "1"));
        l.add(new ClassBytes("public interface", "J", "java/lang/Object", "I").field("public static final", "x", "I", "int", "2"));
        l.add(new ClassBytes("public interface", "L", "java/lang/Object", "I"));
        l.add(new ClassBytes("public interface", "M", "java/lang/Object", "L", "J"));
        l.add(new ClassBytes("public", "D", "java/lang/Object", "I").field("public static final", "x", "I", "int", "3"));
        l.add(new ClassBytes("public", "E", "D").method("public static", "x", "()I", "getstatic E.x I | ireturn"));
        l.add(new ClassBytes("public", "F", "D", "J").method("public static", "x", "()I", "getstatic F.x I | ireturn"));
        l.add(new ClassBytes("public", "G", "D", "L").method("public static", "x", "()I", "getstatic G.x I | ireturn"));
        l.add(new ClassBytes("public", "H", "java/lang/Object", "M").method("public static", "x", "()I", "getstatic H.x I | ireturn"));
        for (String owner : new String[] {"E", "F", "G", "H"}) run("field of " + owner, l, owner, "x");
    }

    public static void main(String[] args) {
        arguments();
        diamonds();
        order();
    }
}
