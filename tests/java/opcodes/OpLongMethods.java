// Methods of nearly 65,535 bytes with wide branches and switches across them, and the limit itself.
public class OpLongMethods {
    static String filler(int count, String line) {
        return (line + "\n").repeat(count);
    }

    public static void main(String[] args) throws Throwable {
        ClassBytes c = new ClassBytes("public", "Long", "java/lang/Object");
        // 3 bytes an increment; the last instructions end at byte 65,534.
        c.method("public static", "straight", "(I)I", filler(21844, "iinc 0 1") + "iload_0 | ireturn");
        c.method("public static", "hops", "(I)I", "goto_w first | back: | iload_0 | ireturn | near:\n" + filler(9000, "iinc 0 2")
                 + "goto_w back | first:\n" + filler(9000, "iinc 0 3") + "iload_0 | bipush 100 | irem | ifeq even | goto_w near"
                 + " | even: | iinc 0 1 | goto_w back");
        StringBuilder table = new StringBuilder("iload_0 | tableswitch 0 none");
        for (int i = 0; i < 5000; i++) table.append(" L").append(i * 7 % 5000);
        table.append('\n');
        for (int i = 0; i < 5000; i++) table.append('L').append(i).append(": | sipush ").append(i).append(" | ireturn\n");
        table.append("none: | iconst_m1 | ireturn");
        c.method("public static", "table", "(I)I", table.toString());
        StringBuilder lookup = new StringBuilder("iload_0 | nop | lookupswitch none");
        for (int i = 0; i < 4000; i++) lookup.append(' ').append(i * 1001 - 2000000).append("=L").append(i * 3 % 4000);
        lookup.append('\n');
        for (int i = 0; i < 4000; i++) lookup.append('L').append(i).append(": | sipush ").append(i).append(" | ireturn\n");
        lookup.append("none: | iconst_m1 | ireturn");
        c.method("public static", "lookup", "(I)I", lookup.toString());
        // All four alignments of a switch.
        for (int pad = 0; pad < 4; pad++) {
            c.method("public static", "aligned" + pad, "(I)I", filler(pad, "nop") + "iload_0 | tableswitch -1 d a b | a: | iconst_1"
                     + " | ireturn | b: | iconst_2 | ireturn | d: | iload_0 | lookupswitch e 100=a 200=b -100=a2 | e: | iconst_0 | ireturn | a2: | iconst_3 | ireturn"
                         .replace("100=a 200=b -100=a2", "-100=a2 100=a 200=b"));
        }
        c.method("public static", "empty", "(I)I", "iload_0 | lookupswitch d | d: | iconst_4 | ireturn");
        c.method("public static", "single", "(I)I", "iload_0 | tableswitch 2147483647 d a | a: | iconst_1 | ireturn | d: | iconst_0 | ireturn");
        c.method("public static", "handlers", "(I)I", ".catch java/lang/ArithmeticException a b h | a:\n" + filler(10000, "iinc 0 1")
                 + "iconst_1 | iload_0 | sipush 10005 | isub | idiv | ireturn | b:\n" + filler(5000, "nop") + "h: | pop | bipush -7 | ireturn");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        System.out.println(loader.call("Long", "straight", 5) + " " + loader.call("Long", "straight", -21844));
        for (int i : new int[] {0, 1, 50, 99, 100}) System.out.println("hops " + i + " " + loader.call("Long", "hops", i));
        for (int i : new int[] {-1, 0, 1, 2, 714, 715, 4999, 5000, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            System.out.println("table " + i + " " + loader.call("Long", "table", i));
        }
        int found = 0;
        for (int i = 0; i < 4000; i++) if ((Integer) loader.call("Long", "lookup", i * 1001 - 2000000) == i * 3 % 4000) found++;
        System.out.println("lookup " + found + " " + loader.call("Long", "lookup", 1) + " "
                           + loader.call("Long", "lookup", Integer.MIN_VALUE) + " " + loader.call("Long", "lookup", Integer.MAX_VALUE));
        for (int pad = 0; pad < 4; pad++) {
            StringBuilder line = new StringBuilder("aligned " + pad);
            for (int i : new int[] {-1, 0, 1, -2, 100, 200, -100, 150}) line.append(' ').append(loader.call("Long", "aligned" + pad, i));
            System.out.println(line);
        }
        System.out.println(loader.call("Long", "empty", 3) + " " + loader.call("Long", "single", Integer.MAX_VALUE) + " "
                           + loader.call("Long", "single", -1));
        System.out.println(loader.call("Long", "handlers", 5) + " " + loader.call("Long", "handlers", 6) + " " + loader.call("Long", "handlers", 0));
        ClassBytes big = new ClassBytes("public", "Over", "java/lang/Object");
        big.method("public static", "over", "()I", filler(65534, "nop") + "iconst_0 | ireturn");
        System.out.println(new ClassBytes.Loader(big).outcome("Over", "over"));
    }
}
