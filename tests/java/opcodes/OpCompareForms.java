// Both fcmpl/fcmpg and dcmpl/dcmpg with NaN, lcmp and every if form, assembled directly; javac would choose only one form.
public class OpCompareForms {
    static void main2(ClassBytes c) throws Throwable {
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        float[] floats = {0f, -0f, 1f, -1f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        for (float a : floats) {
            for (float b : floats) {
                System.out.println(a + " " + b + " fcmpl " + loader.call("Compare", "fcmpl", a, b) + " fcmpg "
                                   + loader.call("Compare", "fcmpg", a, b) + " dcmpl "
                                   + loader.call("Compare", "dcmpl", (double) a, (double) b) + " dcmpg "
                                   + loader.call("Compare", "dcmpg", (double) a, (double) b));
            }
        }
        long[] longs = {0, 1, -1, 1L << 32, -(1L << 32), Long.MAX_VALUE, Long.MIN_VALUE};
        for (long a : longs) {
            for (long b : longs) System.out.println(a + " " + b + " lcmp " + loader.call("Compare", "lcmp", a, b));
        }
        int[] ints = {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE};
        for (int a : ints) {
            StringBuilder line = new StringBuilder("unary " + a + ":");
            for (String form : UNARY) line.append(' ').append(form).append('=').append(loader.call("Compare", form, a));
            System.out.println(line);
            for (int b : ints) {
                line = new StringBuilder("binary " + a + " " + b + ":");
                for (String form : BINARY) line.append(' ').append(form).append('=').append(loader.call("Compare", form, a, b));
                System.out.println(line);
            }
        }
        Object x = new Object(), y = "y";
        Object[][] pairs = {{x, x}, {x, y}, {x, null}, {null, null}, {null, y}};
        for (Object[] p : pairs) {
            System.out.println("acmp " + loader.call("Compare", "if_acmpeq", p) + " " + loader.call("Compare", "if_acmpne", p)
                               + " null " + loader.call("Compare", "ifnull", p[0]) + " "
                               + loader.call("Compare", "ifnonnull", p[0]));
        }
        System.out.println("backward " + loader.call("Compare", "backward", 10) + " " + loader.call("Compare", "backward", 0));
    }

    static final String[] UNARY = {"ifeq", "ifne", "iflt", "ifge", "ifgt", "ifle"};
    static final String[] BINARY = {"if_icmpeq", "if_icmpne", "if_icmplt", "if_icmpge", "if_icmpgt", "if_icmple"};

    static ClassBytes build() {
        ClassBytes c = new ClassBytes("public", "Compare", "java/lang/Object");
        for (String f : new String[] {"fcmpl", "fcmpg"}) {
            c.method("public static", f, "(FF)I", "fload_0 | fload_1 | " + f + " | ireturn");
        }
        for (String f : new String[] {"dcmpl", "dcmpg"}) {
            c.method("public static", f, "(DD)I", "dload_0 | dload_2 | " + f + " | ireturn");
        }
        c.method("public static", "lcmp", "(JJ)I", "lload_0 | lload_2 | lcmp | ireturn");
        String tail = " yes | iconst_0 | ireturn | yes: | iconst_1 | ireturn";
        for (String f : UNARY) c.method("public static", f, "(I)I", "iload_0 | " + f + tail);
        for (String f : BINARY) c.method("public static", f, "(II)I", "iload_0 | iload_1 | " + f + tail);
        String two = "(Ljava/lang/Object;Ljava/lang/Object;)I", one = "(Ljava/lang/Object;)I";
        c.method("public static", "if_acmpeq", two, "aload_0 | aload_1 | if_acmpeq" + tail);
        c.method("public static", "if_acmpne", two, "aload_0 | aload_1 | if_acmpne" + tail);
        c.method("public static", "ifnull", one, "aload_0 | ifnull" + tail);
        c.method("public static", "ifnonnull", one, "aload_0 | ifnonnull" + tail);
        c.method("public static", "backward", "(I)I", "iconst_0 | istore_1 | goto test | body: | iload_1 | iload_0 | iadd"
                 + " | istore_1 | iinc 0 -1 | test: | iload_0 | ifgt body | iload_1 | ireturn");
        return c;
    }

    public static void main(String[] args) throws Throwable {
        main2(build());
    }
}
