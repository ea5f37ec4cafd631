/** Native methods of many shapes and names. */
public class JniTestNatives {
    static native boolean not(boolean z);
    native byte aByte(byte b);
    static native char aChar(char c);
    native short aShort(short s);
    static native long aLong(long a, int b, long c);
    native float aFloat(float a, double b);
    static native double aDouble(double a, float b, int i);
    static native Object first(Object a, Object b);
    native void nothing();
    native String mixed(int i, double d, Object o, long j, float f, byte b, char c, short s, boolean z, double e, String p, float g, long k, int l, double h);
    static native double tenDoubles(double a, double b, double c, double d, double e, double f, double g, double h, double i, double j);
    native float twelveFloats(float a, float b, float c, float d, float e, float f, float g, float h, float i, float j, float k, float l);
    static native long tenBytes(byte a, byte b, byte c, byte d, byte e, byte f, byte g, byte h, byte i, byte j);
    static native long manyLongs(long a0, long a1, long a2, long a3, long a4, long a5, long a6, long a7, long b0, long b1, long b2, long b3, long b4, long b5, long b6, long b7,
        long c0, long c1, long c2, long c3, long c4, long c5, long c6, long c7, long d0, long d1, long d2, long d3, long d4, long d5, long d6, long d7);
    static native int over();
    static native int over(int i);
    static native int over(int[] i);
    static native int over(String s, long[][] a);
    static native int under_score();
    static native int caf\u00e9\u20ac();
    static native int dollar$();
    synchronized native boolean locked();
    static synchronized native boolean lockedStatic(int a, double b);
    synchronized native void lockedThrowing() throws Exception;
    native int down(int depth);
    static native void register(int step);
    static native void registerWrongly();
    static native int registered(int i);
    native double registeredDouble(double d);
    native int missing(String[] a, long b);
    static native void missingStatic();

    static class Inner { native int value(); }

    int up(int depth) {
        if (depth == -7)
            throw new IllegalArgumentException("deep");
        return depth == 0 ? 0 : down(depth > 0 ? depth - 1 : depth - 1);
    }

    static void expect(String what, Runnable r) {
        try {
            r.run();
            System.out.println(what + ": nothing thrown");
        } catch (Throwable e) {
            System.out.println(what + ": " + e);
            System.out.println("    at " + e.getStackTrace()[0]);
        }
    }

    public static void main(String[] args) throws Exception {
        JniTest.load();
        JniTestNatives n = new JniTestNatives();
        for (int i = 0; i < 3; i++) {
            System.out.println(not(true) + " " + not(false) + " " + n.aByte((byte) 127) + " " + (int) aChar('\uffff') + " " + n.aShort((short) 32767));
            System.out.println(aLong(1L << 40, -5, -1) + " " + n.aFloat(1.5f, 2.25) + " " + aDouble(1.5, -2f, 7) + " " + first(null, "b") + " " + first("a", null) + " " + first(null, null));
            n.nothing();
            System.out.println(n.mixed(-1, 2.5, "object", -1L << 50, 0.5f, (byte) -7, '\uabcd', (short) -9, true, -0.125, null, 3.5f, 11, 12, 1e10));
            System.out.println(tenDoubles(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + " " + n.twelveFloats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12));
            byte m = -1;
            System.out.println(tenBytes(m, m, m, m, m, m, m, m, m, m));
            System.out.println(manyLongs(1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8, 1L << 40, 0, 0, 0, 0, 0, 0, 1, 9, 8, 7, 6, 5, 4, 3, 2));
        }
        System.out.println(over() + " " + over(1) + " " + over((int[]) null) + " " + over(null, null) + " " + under_score() + " " + caf\u00e9\u20ac() + " " + dollar$() + " " + new Inner().value());
        System.out.println(n.locked() + " " + lockedStatic(1, 2) + " " + Thread.holdsLock(n) + " " + Thread.holdsLock(JniTestNatives.class));
        try {
            n.lockedThrowing();
        } catch (Exception e) {
            System.out.println(e + " " + Thread.holdsLock(n));
        }
        System.out.println(n.down(100));
        expect("from the depth", () -> n.down(-1));
        expect("not yet registered", () -> registered(1));
        register(0);
        System.out.println(registered(1) + " " + n.registeredDouble(2.5));
        register(1);
        System.out.println(registered(1) + " " + n.registeredDouble(2.5));
        registerWrongly();
        register(2);
        expect("unregistered", () -> registered(1));
        expect("missing", () -> n.missing(null, 1));
        expect("missing static", () -> missingStatic());
        System.out.println(under_score());
        expect("no such library", () -> System.load("/nonexistent/libnone.so"));
        expect("not absolute", () -> System.load("libnone.so"));
        expect("no such name", () -> System.loadLibrary("cloisternone"));
        JniTest.load();
        System.out.println(JniTestNatives.class.getDeclaredMethod("aLong", long.class, int.class, long.class).invoke(null, 5L, 3, 1L));
    }
}
