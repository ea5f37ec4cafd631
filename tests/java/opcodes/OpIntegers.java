// int and long arithmetic over a grid of edge values: overflow, division of MIN by -1, by zero, shifts beyond the width.
public class OpIntegers {
    static final int[] INTS = {0, 1, -1, 2, -2, 7, -7, 31, 32, 33, 63, 64, -32, 255, 65535, 0x12345678, 0x80000001,
                               Integer.MAX_VALUE, Integer.MIN_VALUE};
    static final long[] LONGS = {0, 1, -1, 2, -2, 7, -7, 31, 32, 33, 63, 64, 65, -64, 0xFFFFFFFFL, 0x100000000L,
                                 0x123456789ABCDEF0L, 0x8000000000000001L, Long.MAX_VALUE, Long.MIN_VALUE};

    static String div(int a, int b) {
        try {
            return (a / b) + " " + (a % b);
        } catch (ArithmeticException e) {
            return e.getMessage();
        }
    }

    static String div(long a, long b) {
        try {
            return (a / b) + " " + (a % b);
        } catch (ArithmeticException e) {
            return e.getMessage();
        }
    }

    static void ints() {
        for (int a : INTS) {
            System.out.println("int " + a + " neg " + (-a) + " not " + (~a) + " b " + (byte) a + " c " + (int) (char) a
                               + " s " + (short) a);
            for (int b : INTS) {
                System.out.println(a + " " + b + ": " + (a + b) + " " + (a - b) + " " + (a * b) + " " + div(a, b) + " "
                                   + (a << b) + " " + (a >> b) + " " + (a >>> b) + " " + (a & b) + " " + (a | b) + " "
                                   + (a ^ b));
            }
        }
    }

    static void longs() {
        for (long a : LONGS) {
            System.out.println("long " + a + " neg " + (-a) + " not " + (~a) + " i " + (int) a);
            for (long b : LONGS) {
                System.out.println(a + " " + b + ": " + (a + b) + " " + (a - b) + " " + (a * b) + " " + div(a, b) + " "
                                   + (a & b) + " " + (a | b) + " " + (a ^ b) + " " + (a == b) + (a < b) + (a > b)
                                   + (a <= b) + (a >= b) + (a != b));
            }
            for (int b : INTS) System.out.println((a << b) + " " + (a >> b) + " " + (a >>> b) + " " + (a << (long) b));
        }
    }

    static int reached(int depth) {
        int i = 0;
        i += depth;
        i++;
        i += 127;
        i -= 128;
        i += 32767;
        i += -32768;
        i *= 3;
        i ^= 0x55;
        i <<= 33;
        i >>>= 1;
        i -= 100000;
        return i;
    }

    static void compound() {
        byte b = 127;
        b++;
        short s = Short.MIN_VALUE;
        s--;
        char c = 0;
        c--;
        b += 300;
        s *= 1000;
        c /= 7;
        System.out.println(b + " " + s + " " + (int) c);
        b >>>= 1;
        s >>>= 1;
        c >>>= 1;
        System.out.println(b + " " + s + " " + (int) c);
        int i = 5;
        i += 3.7;
        long l = 1;
        l <<= 40;
        l += 0.5f;
        i -= l;
        System.out.println(i + " " + l + " " + reached(17) + " " + reached(-17));
        i = 10;
        i = i++ + ++i - i-- - --i;
        System.out.println(i);
        long mixed = Integer.MAX_VALUE;
        System.out.println(mixed + INTS[1] + " " + (INTS[17] + INTS[1]) + " " + (INTS[17] + 1L));
    }

    public static void main(String[] args) {
        ints();
        longs();
        compound();
        long sum = 0;
        int hash = 17;
        for (int i = -50000; i < 50000; i++) {
            if (i != 0) sum += (sum * 31 + i) / i % 1000003;
            hash = hash * 31 + (hash >>> 7 ^ i);
        }
        System.out.println(sum + " " + hash);
    }
}
