// ldc, ldc_w and ldc2_w of every kind: numbers, strings, classes, method types, method handles, dynamically computed.
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

public class OpConstants {
    static int bootstraps;

    public static Object count(MethodHandles.Lookup lookup, String name, Class<?> type) {
        bootstraps++;
        return "computed " + name + " " + type.getSimpleName() + " for " + lookup.lookupClass().getSimpleName();
    }

    public static Object sum(MethodHandles.Lookup lookup, String name, Class<?> type, int a, long b, float c, double d,
                             String s, Class<?> k, MethodType t) {
        bootstraps++;
        return name + a + " " + b + " " + c + " " + d + s + k + t;
    }

    public static long longValue(MethodHandles.Lookup lookup, String name, Class<?> type, String digits) {
        bootstraps++;
        return Long.parseLong(digits);
    }

    public static Object failing(MethodHandles.Lookup lookup, String name, Class<?> type) {
        bootstraps++;
        throw new IllegalStateException("bootstrap of " + name);
    }

    public static int target(int a, long b) {
        return (int) (a + b);
    }

    static String javac() {
        final int i = 0x7fffffff, small = -32768, byteSized = -128, five = 5, minus = -1;
        final long zero = 0, one = 1, two = 2, large = 0x123456789L;
        final float f0 = 0, f1 = 1, f2 = 2, f3 = 3, minusZero = -0f;
        final double d0 = 0, d1 = 1, d2 = 2, dm = -0.0;
        int a = i, b = small, c = byteSized, d = five, e = minus;
        long l0 = zero, l1 = one, l2 = two, l3 = large;
        float g0 = f0, g1 = f1, g2 = f2, g3 = f3, g4 = minusZero;
        double h0 = d0, h1 = d1, h2 = d2, h3 = dm;
        return a + " " + b + " " + c + " " + d + " " + e + " " + l0 + " " + l1 + " " + l2 + " " + l3 + " " + g0 + " " + g1 + " "
               + g2 + " " + g3 + " " + g4 + " " + h0 + " " + h1 + " " + h2 + " " + h3 + " " + 32767 + 32768 + 127 + 128;
    }

    static ClassBytes build() {
        ClassBytes c = new ClassBytes("public", "Consts", "java/lang/Object").version(55, 0);
        // Enough constants that the later ones need ldc_w.
        for (int i = 0; i < 300; i++) c.loadable("int", String.valueOf(100000 + i));
        String object = "()Ljava/lang/Object;";
        c.method("public static", "i", "()I", "ldc int 100001 | ldc_w int 100299 | iadd | ireturn");
        c.method("public static", "f", "()F", "ldc_w float 1.25 | ldc_w float NaN | fstore_0 | freturn");
        c.method("public static", "l", "()J", "ldc2_w long 0x7fffffffffffffff | lreturn");
        c.method("public static", "d", "()D", "ldc2_w double 4.9e-324 | dreturn");
        c.method("public static", "s", object, "ldc_w string interned text | areturn");
        c.method("public static", "k", object, "ldc_w class java/util/List | areturn");
        c.method("public static", "ka", object, "ldc_w class [[I | areturn");
        c.method("public static", "self", object, "ldc_w class Consts | areturn");
        c.method("public static", "mt", object, "ldc_w mt (I[JLjava/lang/String;)V | areturn");
        String[][] handles = {
            {"mh1", "1 java/lang/Integer.value I"}, {"mh2", "2 OpConstants.bootstraps I"},
            {"mh5", "5 java/lang/String.length ()I"}, {"mh6", "6 OpConstants.target (IJ)I"},
            {"mh8", "8 java/lang/StringBuilder.<init> (Ljava/lang/String;)V"}, {"mh9", "9 java/util/List.size ()I"},
            {"mh6i", "6 java/util/List.of ()Ljava/util/List; interface"}, {"mhbad", "6 OpConstants.missing ()V"},
        };
        for (String[] h : handles) c.method("public static", h[0], object, "ldc_w mh " + h[1] + " | areturn");
        String plain = "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;)Ljava/lang/Object;";
        int count = c.bootstrap("OpConstants.count", plain);
        int sum = c.bootstrap("OpConstants.sum", "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;"
            + "IJFDLjava/lang/String;Ljava/lang/Class;Ljava/lang/invoke/MethodType;)Ljava/lang/Object;", c.loadable("int", "5"),
            c.loadable("long", "-6"), c.loadable("float", "1.5"), c.loadable("double", "-0.0"), c.loadable("string", "str"),
            c.loadable("class", "[J"), c.loadable("mt", "()V"));
        int number = c.bootstrap("OpConstants.longValue", "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;"
            + "Ljava/lang/Class;Ljava/lang/String;)J", c.loadable("string", "12345678901"));
        int failing = c.bootstrap("OpConstants.failing", plain);
        int asNull = c.bootstrap("java/lang/invoke/ConstantBootstraps.nullConstant", plain);
        int primitive = c.bootstrap("java/lang/invoke/ConstantBootstraps.primitiveClass",
            "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;)Ljava/lang/Class;");
        int enums = c.bootstrap("java/lang/invoke/ConstantBootstraps.enumConstant",
            "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;)Ljava/lang/Enum;");
        c.method("public static", "dyn", object, "ldc_w dyn " + count + " alpha Ljava/lang/Object; | areturn");
        c.method("public static", "dynString", object, "ldc_w dyn " + count + " beta Ljava/lang/String; | areturn");
        c.method("public static", "dynSum", object, "ldc_w dyn " + sum + " gamma Ljava/lang/Object; | areturn");
        c.method("public static", "dynLong", "()J", "ldc2_w dyn " + number + " delta J | lreturn");
        c.method("public static", "dynFails", object, "ldc_w dyn " + failing + " epsilon Ljava/lang/Object; | areturn");
        c.method("public static", "dynWrong", object, "ldc_w dyn " + count + " zeta Ljava/lang/Integer; | areturn");
        c.method("public static", "dynNull", object, "ldc_w dyn " + asNull + " _ Ljava/lang/String; | areturn");
        c.method("public static", "dynPrimitive", object, "ldc_w dyn " + primitive + " D Ljava/lang/Class; | areturn");
        c.method("public static", "dynEnum", object, "ldc_w dyn " + enums + " SOURCE Ljava/lang/annotation/RetentionPolicy; | areturn");
        return c;
    }

    public static void main(String[] args) throws Throwable {
        System.out.println(javac());
        ClassBytes.Loader loader = new ClassBytes.Loader(build());
        for (String m : "i f l d s k ka self mt mh1 mh2 mh5 mh6 mh8 mh9 mh6i mhbad mhbad dyn dynString dynSum dynLong".split(" ")) {
            System.out.println(m + ": " + loader.outcome("Consts", m));
        }
        for (int i = 0; i < 2; i++) {
            for (String m : "dyn dynString dynSum dynLong dynFails dynFails dynWrong dynNull dynPrimitive dynEnum".split(" ")) {
                System.out.println(m + ": " + loader.outcome("Consts", m) + " " + bootstraps);
            }
        }
        try {
            loader.call("Consts", "dynFails");
        } catch (Throwable e) {
            System.out.println(e.getCause());
        }
        System.out.println(loader.call("Consts", "dyn") == loader.call("Consts", "dyn"));
        System.out.println(loader.call("Consts", "s") == "interned text");
        System.out.println(loader.call("Consts", "mt") == loader.call("Consts", "mt"));
        System.out.println(loader.call("Consts", "k") == java.util.List.class);
        System.out.println((int) ((MethodHandle) loader.call("Consts", "mh6")).invokeExact(4, 5L));
        System.out.println(((MethodHandle) loader.call("Consts", "mh8")).invoke("built"));
        System.out.println(((MethodHandle) loader.call("Consts", "mh5")).invoke("four"));
        System.out.println(((MethodHandle) loader.call("Consts", "mh9")).invoke(java.util.List.of(1, 2, 3)));
    }
}
