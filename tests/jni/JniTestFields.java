/** Native code reads and writes fields. */
public class JniTestFields {
    interface Constants { int CONSTANT = Integer.parseInt("77"); }
    static class Late { static int value = 5; static { System.out.println("Late is initialized"); } }
    static class Broken { static int value = Integer.parseInt("x"); }
    static class Parent { int shadowed = 1; }

    static class Fields extends Parent implements Constants {
        boolean aBoolean; byte aByte = 1; char aChar = 'c'; short aShort = 2; int aInt = 3; long aLong = 4L; float aFloat = 5f;
        double aDouble = 6; Object aObject = "seven";
        static boolean staticBoolean; static byte staticByte = -1; static char staticChar = '\uffff'; static short staticShort = -2;
        static int staticInt = -3; static long staticLong = -4L; static float staticFloat = -5f; static double staticDouble = -6;
        static Object staticObject = "minus seven";
        volatile int shadowed = 2;
        private final int fixed = Integer.parseInt("8");
        int end = 0x12345678;

        @Override public String toString() {
            return aBoolean + " " + aByte + " " + (int) aChar + " " + aShort + " " + aInt + " " + aLong + " " + aFloat + " " + aDouble
                + " " + aObject + " / " + staticBoolean + " " + staticByte + " " + (int) staticChar + " " + staticShort + " "
                + staticInt + " " + staticLong + " " + staticFloat + " " + staticDouble + " " + staticObject + " " + fixed + " " + end;
        }
    }

    static native void run(Object o, Class<?> late, Class<?> broken);

    public static void main(String[] args) {
        JniTest.load();
        Fields o = new Fields();
        System.out.println(o);
        run(o, Late.class, Broken.class); // FindClass would initialize them
        System.out.println(o);
    }
}
