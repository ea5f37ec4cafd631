// Loops whose test at the head leaves an operand behind it (`dup; ifnull out`), as Clojure's compiler writes them.
public class LoopOperands {
    static final String NEXT = "iconst_0 | aaload | checkcast [Ljava/lang/Object; | astore_0 | iinc 1 1";

    public static void main(String[] args) throws Throwable {
        ClassBytes c = new ClassBytes("public", "Loops", "java/lang/Object");
        c.method("public static", "adjacent", "([Ljava/lang/Object;)I", "iconst_0 | istore_1 | head: | aload_0 | dup | ifnull out"
                 + " | " + NEXT + " | goto head | out: | pop | iload_1 | ireturn");
        c.method("public static", "distant", "([Ljava/lang/Object;)I", "iconst_0 | istore_1 | head: | aload_0 | dup | ifnull out"
                 + " | " + NEXT + " | iload_1 | bipush 90 | if_icmpeq full | goto head | full: | iconst_m1 | ireturn"
                 + " | out: | pop | iload_1 | ireturn");
        c.method("public static", "behind", "([Ljava/lang/Object;)I", "iconst_0 | istore_1 | goto head | out: | pop | iload_1"
                 + " | ireturn | head: | aload_0 | dup | ifnull out | " + NEXT + " | goto head");
        c.method("public static", "ints", "(II)I", "head: | iload_0 | dup | iload_1 | if_icmpge out | iconst_3 | iadd | istore_0"
                 + " | goto head | out: | ireturn");
        c.method("public static", "longs", "(JI)J", "head: | lload_0 | dup2 | lconst_0 | lcmp | ifle out | ldc2_w long 7 | lsub"
                 + " | lstore_0 | iinc 2 1 | goto head | out: | iload_2 | i2l | lsub | lreturn");
        c.method("public static", "deeper", "(I)I", "iconst_5 | iload_0 | head: | dup | iload_0 | swap | ifeq out | pop | pop"
                 + " | iinc 0 -1 | iload_0 | goto head | out: | iadd | iadd | ireturn");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        Object[] list = null;
        for (int i = 0; i < 100; list = new Object[] {list}, i += 20) {
            for (String method : new String[] {"adjacent", "distant", "behind"})
                System.out.println(method + " " + loader.call("Loops", method, (Object) list));
            System.out.println(loader.call("Loops", "ints", i, 50) + " " + loader.call("Loops", "longs", (long) i, i) + " "
                               + loader.call("Loops", "deeper", i));
        }
    }
}
