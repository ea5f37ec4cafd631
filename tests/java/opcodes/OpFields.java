// get/put of static and instance fields of every type, volatile and final ones, shadowing, interfaces, null receivers.
public class OpFields {
    boolean z; byte b; char c; short s; int i; long l; float f; double d; String o; int[] a;
    volatile boolean vz; volatile byte vb; volatile char vc; volatile short vs; volatile int vi; volatile long vl;
    volatile float vf; volatile double vd; volatile Object vo;
    public static boolean sz; public static byte sb; public static char sc; public static short ss; static int si; static long sl; static float sf;
    static double sd; static Object so; static long[] sa;
    static volatile long svl; static volatile double svd; static volatile Object svo; static volatile byte svb;
    static final int CONSTANT = 42;
    static final Integer BOXED = 43;
    final long late;

    interface WithConstants {
        int ONE = 1;
        String TEXT = "text";
        Object COMPUTED = new StringBuilder("computed").append(ONE);
    }

    static class Base {
        int x = 1;
        static String name = "base";
        long y = 100;
        int getX() { return x; }
    }

    static class Derived extends Base implements WithConstants {
        long x = 2;
        static String name = "derived";
        Object both() { return x + super.x + ((Base) this).x + y + ONE + TEXT; }
    }

    static class Layout1 { byte a = 1; long b = 2; byte c = 3; }
    static class Layout2 extends Layout1 { byte d = 4; int e = 5; Object f = "6"; byte g = 7; double h = 8; short i = 9; }
    static class Layout3 extends Layout2 { boolean j = true; char k = 'k'; float l = 1.5f; Object m = "m"; byte n = -1; }

    OpFields(long late) {
        this.late = late;
    }

    void show() {
        System.out.println(z + " " + b + " " + (int) c + " " + s + " " + i + " " + l + " " + f + " " + d + " " + o + " "
                           + (a == null ? null : a.length));
        System.out.println(vz + " " + vb + " " + (int) vc + " " + vs + " " + vi + " " + vl + " " + vf + " " + vd + " " + vo);
        System.out.println(sz + " " + sb + " " + (int) sc + " " + ss + " " + si + " " + sl + " " + sf + " " + sd + " " + so
                           + " " + (sa == null ? null : sa[0]) + " " + svl + " " + svd + " " + svo + " " + svb);
    }

    void set(int k) {
        z = k % 2 == 1; b = (byte) (k * 100); c = (char) (k * 30000); s = (short) (k * 20000); i = k * 1000000000;
        l = k * 10000000000000L; f = k / 3f; d = k / 3.0; o = "o" + k; a = new int[k];
        vz = z; vb = b; vc = c; vs = s; vi = i; vl = l; vf = f; vd = d; vo = o;
        sz = !z; sb = (byte) -b; sc = (char) -c; ss = (short) -s; si = -i; sl = -l; sf = -f; sd = -d; so = o + "!"; sa = new long[] {k};
        svl = l + 1; svd = d + 1; svo = this.a; svb = (byte) k;
        svo = ((int[]) svo).length;
    }

    static void nulls(OpFields n) {
        Runnable[] actions = {() -> n.z = true, () -> n.l++, () -> n.d = 1, () -> System.out.println(n.o), () -> n.vl = 3,
                              () -> System.out.println(n.a[0]), () -> n.vo = null, () -> System.out.println(n.late)};
        for (Runnable r : actions) {
            try {
                r.run();
                System.out.println("no exception");
            } catch (NullPointerException e) {
                System.out.println(e.getMessage());
            }
        }
        System.out.println(n.si == OpFields.si);
    }

    public static void main(String[] args) throws Exception {
        OpFields o = new OpFields(1L << 50);
        o.show();
        for (int k = 1; k <= 4; k++) {
            o.set(k);
            o.show();
        }
        System.out.println(o.late + " " + CONSTANT + " " + BOXED);
        nulls(null);
        Derived d = new Derived();
        System.out.println(d.x + " " + ((Base) d).x + " " + d.getX() + " " + d.both() + " " + Derived.name + " " + Base.name + " "
                           + ((Base) d).name + " " + Derived.COMPUTED);
        Layout3 q = new Layout3();
        System.out.println(q.a + " " + q.b + " " + q.c + " " + q.d + " " + q.e + " " + q.f + " " + q.g + " " + q.h + " " + q.i
                           + " " + q.j + " " + q.k + " " + q.l + " " + q.m + " " + q.n);
        q.a = -1; q.c = -3; q.d = -4; q.g = -7; q.j = false; q.n = 1; q.h = -8; q.b = -2; q.i = -9; q.k = 'K';
        System.out.println(q.a + " " + q.b + " " + q.c + " " + q.d + " " + q.e + " " + q.f + " " + q.g + " " + q.h + " " + q.i
                           + " " + q.j + " " + q.k + " " + q.l + " " + q.m + " " + q.n);
        // putfield of a byte, boolean, char or short keeps only the low bits of the int on the stack.
        ClassBytes c = new ClassBytes("public", "Narrow", "java/lang/Object");
        String put = "iload_0 | putstatic OpFields.";
        c.method("public static", "narrow", "(I)V", put + "sz Z | " + put + "sb B | " + put + "sc C | " + put + "ss S | return");
        c.field("public static final", "K", "I", "int", "-5").field("public static final", "J", "J", "long", "0x100000000");
        c.field("public static final", "D", "D", "double", "2.5").field("public static final", "F", "F", "float", "-0.0");
        c.field("public static final", "S", "Ljava/lang/String;", "string", "constant value").field("static final", "Z", "Z", "int", "1");
        c.field("static final", "B", "B", "int", "-1").field("static final", "C", "C", "int", "65").field("final", "unused", "I", "int", "9");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        for (int v : new int[] {0, 1, 2, 3, 255, 256, 65535, 65536, -1, 0x12345678}) {
            try {
                loader.call("Narrow", "narrow", v);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            System.out.println(v + ": " + sz + " " + sb + " " + (int) sc + " " + ss);
        }
        for (var field : loader.loadClass("Narrow").getDeclaredFields()) {
            field.setAccessible(true);
            if (java.lang.reflect.Modifier.isStatic(field.getModifiers())) System.out.println(field + " = " + field.get(null));
        }
    }
}
