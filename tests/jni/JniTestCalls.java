/** Calls from native code into Java: what arrives there, what comes back. */
public class JniTestCalls {
    interface Greeter {
        default String greet() { return "hello from " + getClass().getName(); }
    }

    static String seen(String who, boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) {
        String text = who + " " + z + " " + b + " " + (int) c + " " + s + " " + i + " " + j + " " + f + " " + d + " " + o;
        System.out.println("  " + text);
        return text;
    }

    static class Base implements Greeter {
        String text = "unset";

        public boolean aBoolean(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return z; }
        public byte aByte(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return b; }
        public char aChar(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return c; }
        public short aShort(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return s; }
        public int aInt(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return i; }
        public long aLong(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return j; }
        public float aFloat(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return f; }
        public double aDouble(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); return d; }
        public Object aObject(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return seen("base", z, b, c, s, i, j, f, d, o); }
        public void aVoid(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("base", z, b, c, s, i, j, f, d, o); }

        public static boolean staticBoolean(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return !z; }
        public static byte staticByte(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Byte.MIN_VALUE; }
        public static char staticChar(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Character.MAX_VALUE; }
        public static short staticShort(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Short.MIN_VALUE; }
        public static int staticInt(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Integer.MIN_VALUE; }
        public static long staticLong(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Long.MIN_VALUE; }
        public static float staticFloat(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Float.MIN_VALUE; }
        public static double staticDouble(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return Double.MAX_VALUE; }
        public static Object staticObject(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); return null; }
        public static void staticVoid(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("static", z, b, c, s, i, j, f, d, o); }

        int thrower(int i) {
            if (i > 0)
                throw new IllegalArgumentException("thrown for " + i);
            return i - 1;
        }

        private String hidden() { return "private to " + text; }
    }

    static class Derived extends Base {
        Derived() { text = "derived"; }
        Derived(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { text = seen("new", z, b, c, s, i, j, f, d, o); }

        @Override public boolean aBoolean(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return !super.aBoolean(z, b, c, s, i, j, f, d, o); }
        @Override public byte aByte(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return (byte) ~super.aByte(z, b, c, s, i, j, f, d, o); }
        @Override public char aChar(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return (char) ~super.aChar(z, b, c, s, i, j, f, d, o); }
        @Override public short aShort(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return (short) ~super.aShort(z, b, c, s, i, j, f, d, o); }
        @Override public int aInt(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return ~super.aInt(z, b, c, s, i, j, f, d, o); }
        @Override public long aLong(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return ~super.aLong(z, b, c, s, i, j, f, d, o); }
        @Override public float aFloat(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return -super.aFloat(z, b, c, s, i, j, f, d, o); }
        @Override public double aDouble(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return -super.aDouble(z, b, c, s, i, j, f, d, o); }
        @Override public Object aObject(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { return "derived/" + super.aObject(z, b, c, s, i, j, f, d, o); }
        @Override public void aVoid(boolean z, byte b, char c, short s, int i, long j, float f, double d, Object o) { seen("derived", z, b, c, s, i, j, f, d, o); }
        @Override public String toString() { return text; }
    }

    static native void run(Object target, Object text);

    public static void main(String[] args) {
        JniTest.load();
        run(new Derived(), "text");
        run(new Derived(), null);
    }
}
