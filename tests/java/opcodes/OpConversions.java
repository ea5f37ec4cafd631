// Every conversion instruction: saturation of f2i..d2l, NaN to zero, rounding of i2f, l2f, l2d and d2f, narrowing of ints.
public class OpConversions {
    static final int[] INTS = {0, 1, -1, 127, 128, -129, 255, 256, 32767, 32768, 65535, 65536, 16777216, 16777217, 16777219,
                               Integer.MAX_VALUE, Integer.MAX_VALUE - 63, Integer.MIN_VALUE};
    static final long[] LONGS = {0, 1, -1, 1L << 24, (1L << 24) + 1, (1L << 53) - 1, (1L << 53) + 1, (1L << 53) + 3,
        0x7fffffbfffffffffL, 0x7fffff4000000001L, Long.MAX_VALUE, Long.MAX_VALUE - 512, Long.MIN_VALUE, Long.MIN_VALUE + 1,
        1L << 32, (1L << 31) + 128, 0xFFFFFFFFL};
    static final double[] DOUBLES = {0, -0.0, 0.5, -0.5, 0.99999999, -0.99999999, 1.5, 2.5, -2.5, 127.9, 128, 65535.5, 65536,
        2147483646.9, 2147483647, 2147483647.5, 2147483648.0, -2147483648.0, -2147483648.9, -2147483649.0, 4294967296.0,
        9.2233720368547748e18, 9.223372036854775807e18, -9.223372036854775808e18, -9.3e18, 1e19, 1e38, 3.4028235e38,
        3.4028235677973366e38, 3.4028236e38, 1e39, 1e-45, 7.006492321624085e-46, 7.1e-46, 1e-46, -1e-46, 1e300,
        Double.MIN_VALUE, Double.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN};

    static String hex(float f) {
        return Integer.toHexString(Float.floatToIntBits(f));
    }

    static String hex(double d) {
        return Long.toHexString(Double.doubleToLongBits(d));
    }

    static byte returnByte(int v) {
        return (byte) v;
    }

    static char returnChar(int v) {
        return (char) v;
    }

    static short returnShort(int v) {
        return (short) v;
    }

    static boolean returnBoolean(int v) {
        return (v & 1) != 0;
    }

    public static void main(String[] args) {
        for (int i : INTS) {
            System.out.println("i " + i + " " + (long) i + " " + hex((float) i) + " " + hex((double) i) + " " + returnByte(i)
                               + " " + (int) returnChar(i) + " " + returnShort(i) + " " + returnBoolean(i) + " "
                               + (byte) (char) i + " " + (char) (byte) i % 1000 + " " + (short) (byte) i);
        }
        for (long l : LONGS) {
            System.out.println("l " + l + " " + (int) l + " " + hex((float) l) + " " + hex((double) l) + " " + (byte) l + " "
                               + (short) l + " " + (int) (char) l);
        }
        for (double d : DOUBLES) {
            float f = (float) d;
            System.out.println("d " + d + " " + (int) d + " " + (long) d + " " + hex(f) + " " + (byte) d + " " + (short) d
                               + " " + (int) (char) d);
            System.out.println("f " + f + " " + (int) f + " " + (long) f + " " + hex((double) f) + " " + (byte) f + " "
                               + (short) f + " " + (int) (char) f);
        }
        for (double d : DOUBLES) {
            System.out.println(Math.round(d) + " " + Math.round((float) d) + " " + Math.floor(d) + " " + Math.ceil(d) + " "
                               + Math.rint(d));
        }
        Object[] boxes = {(byte) -1, (short) -2, 'x', 4, 5L, 6.5f, 7.5, true};
        for (Object box : boxes) {
            if (box instanceof Number n) {
                System.out.println(box.getClass() + " " + n.byteValue() + " " + n.shortValue() + " " + n.intValue() + " "
                                   + n.longValue() + " " + n.floatValue() + " " + n.doubleValue());
            } else {
                System.out.println(box.getClass() + " " + box);
            }
        }
        System.out.println(Integer.valueOf(127) == Integer.valueOf(127));
        System.out.println(Long.valueOf(-128) == Long.valueOf(-128L));
        System.out.println(Character.valueOf('a') == Character.valueOf('a'));
        System.out.println(Integer.valueOf(1000).equals(1000) + " " + Long.valueOf(5).equals(5));
        char c = 'a';
        c += 1;
        int i = 'a' + 1;
        System.out.println(c + " " + i + " " + (char) i + " " + (c + 1) + " " + (char) (c + 1));
        long packed = 0;
        for (int k = 0; k < 8; k++) packed = packed << 8 | (byte) (k * 40) & 0xff;
        System.out.println(Long.toHexString(packed));
    }
}
