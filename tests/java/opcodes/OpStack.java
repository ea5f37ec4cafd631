// nop, pop, pop2, swap and all forms of dup, with one- and two-slot values in every allowed combination.
public class OpStack {
    /** Pops N ints and answers them as decimal digits, deepest first. */
    static String fold(int n) {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < n; i++) s.append("istore ").append(10 + i).append(" | ");
        s.append("iconst_0");
        for (int i = n - 1; i >= 0; i--) s.append(" | bipush 10 | imul | iload ").append(10 + i).append(" | iadd");
        return s + " | ireturn";
    }

    public static void main(String[] args) throws Throwable {
        ClassBytes c = new ClassBytes("public", "Stack", "java/lang/Object");
        String[][] ints = {
            {"nop", "nop | iconst_1 | nop | iconst_2 | nop", "2"},
            {"pop", "iconst_1 | iconst_2 | pop | iconst_3", "2"},
            {"pop2", "iconst_1 | iconst_2 | iconst_3 | pop2 | iconst_4", "2"},
            {"pop2long", "iconst_1 | lconst_1 | pop2 | iconst_4", "2"},
            {"dup", "iconst_1 | iconst_2 | dup", "3"},
            {"dup_x1", "iconst_1 | iconst_2 | iconst_3 | dup_x1", "4"},
            {"dup_x2", "iconst_1 | iconst_2 | iconst_3 | iconst_4 | dup_x2", "5"},
            {"dup2", "iconst_1 | iconst_2 | iconst_3 | dup2", "5"},
            {"dup2_x1", "iconst_1 | iconst_2 | iconst_3 | iconst_4 | dup2_x1", "6"},
            {"dup2_x2", "iconst_5 | iconst_1 | iconst_2 | iconst_3 | iconst_4 | dup2_x2", "7"},
            {"swap", "iconst_1 | iconst_2 | iconst_3 | swap", "3"},
            {"swaps", "iconst_1 | iconst_2 | iconst_3 | swap | dup_x1 | swap | dup_x2", "5"},
        };
        for (String[] t : ints) c.method("public static", t[0], "()I", t[1] + " | " + fold(Integer.parseInt(t[2])));
        // Two-slot values: the result is a double that tells the order apart.
        c.method("public static", "dup2long", "(J)J", "lload_0 | dup2 | lmul | lreturn");
        c.method("public static", "dup2double", "(D)D", "dload_0 | dup2 | dup2 | dadd | dmul | dreturn");
        c.method("public static", "dup_x2long", "(JI)J", "lload_0 | iload_2 | dup_x2 | i2l | lsub | lstore_3 | i2l | lload_3"
                 + " | lmul | lreturn");
        c.method("public static", "dup2_x1long", "(IJ)J", "iload_0 | lload_1 | dup2_x1 | lstore_3 | i2l | lload_3 | ladd"
                 + " | ldc2_w long 1000 | lmul | ladd | lreturn");
        c.method("public static", "dup2_x2longs", "(JJ)J", "lload_0 | lload_2 | dup2_x2 | lsub | lmul | lreturn");
        c.method("public static", "dup2_x2mixed", "(JII)J", "lload_0 | iload_2 | iload_3 | dup2_x2 | isub | i2l | ladd"
                 + " | lstore 4 | imul | i2l | lload 4 | ldc2_w long 100 | lmul | ladd | lreturn");
        c.method("public static", "dup2_x2pair", "(IIJ)J", "iload_0 | iload_1 | lload_2 | dup2_x2 | lstore 4 | isub | i2l"
                 + " | lload 4 | lmul | ladd | lreturn");
        c.method("public static", "objects", "(Ljava/lang/String;D)Ljava/lang/String;",
                 "aload_0 | dload_1 | dup2_x1 | invokestatic java/lang/String.valueOf (D)Ljava/lang/String;"
                 + " | invokevirtual java/lang/String.concat (Ljava/lang/String;)Ljava/lang/String; | astore_3"
                 + " | invokestatic java/lang/String.valueOf (D)Ljava/lang/String; | aload_3 | swap"
                 + " | invokevirtual java/lang/String.concat (Ljava/lang/String;)Ljava/lang/String; | areturn");
        c.method("public static", "deep", "()I", ".stack 65535\n" + "iconst_1\n".repeat(15000) + "iadd\n".repeat(14999) + "ireturn");
        // The values that javac's own forms (x += on array elements and fields) keep on the stack.
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        for (String[] t : ints) System.out.println(t[0] + " " + loader.call("Stack", t[0]));
        System.out.println(loader.call("Stack", "dup2long", 1L << 20 | 3));
        System.out.println(loader.call("Stack", "dup2double", 1.5));
        System.out.println(loader.call("Stack", "dup_x2long", 1L << 40, 7));
        System.out.println(loader.call("Stack", "dup2_x1long", 5, 1L << 40));
        System.out.println(loader.call("Stack", "dup2_x2longs", 1L << 33, 3L));
        System.out.println(loader.call("Stack", "dup2_x2mixed", 1L << 33, 9, 4));
        System.out.println(loader.call("Stack", "dup2_x2pair", 9, 4, 1L << 33));
        System.out.println(loader.call("Stack", "objects", "<>", -2.5));
        System.out.println(loader.call("Stack", "deep"));
        javacForms();
    }

    long field = 1;
    static double shared = 2;

    static void javacForms() {
        long[] longs = {1, 2, 3};
        int[] ints = {4, 5};
        double[] doubles = {0.5};
        OpStack o = new OpStack();
        long a = longs[1]++ + ++longs[1] + (longs[2] += 10);
        int b = ints[0]++ * 10 + --ints[0] + (ints[1] <<= 3);
        double d = doubles[0]++ + (doubles[0] *= 3);
        long f = o.field++ + (o.field += 5) + --o.field;
        double s = shared++ + ++shared + (shared /= 3);
        System.out.println(a + " " + b + " " + d + " " + f + " " + s + " " + o.field + " " + shared);
        String[] strings = {"x"};
        String t = strings[0] += longs[0];
        int i = 0;
        i = ints[i++] + ints[i--] * i++;
        int x, y, z;
        x = y = z = i + 1;
        System.out.println(t + strings[0] + i + x + y + z);
    }
}
