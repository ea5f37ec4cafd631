// float and double arithmetic and comparison over edge values: NaN, both zeros, infinities, subnormals, remainders.
public class OpFloats {
    static final float[] FLOATS = {0f, -0f, 1f, -1f, 0.1f, 3.5f, -7.25f, 16777217f, 1e30f, Float.MIN_VALUE, -Float.MIN_VALUE,
        Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN};
    static final double[] DOUBLES = {0d, -0d, 1d, -1d, 0.1, 3.5, -7.25, 1e17, 1e300, Double.MIN_VALUE, -Double.MIN_VALUE,
        Double.MIN_NORMAL, Double.MAX_VALUE, -Double.MAX_VALUE, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY,
        Double.NaN};

    static String bits(float f) {
        return Integer.toHexString(Float.floatToIntBits(f));
    }

    static String bits(double d) {
        return Long.toHexString(Double.doubleToLongBits(d));
    }

    // Both forms of each comparison: javac picks fcmpl or fcmpg from the direction, so that NaN is always false.
    static String compare(float a, float b) {
        return (a < b ? "<" : "") + (a <= b ? "l" : "") + (a > b ? ">" : "") + (a >= b ? "g" : "") + (a == b ? "=" : "")
               + (a != b ? "!" : "") + (!(a < b) ? "n" : "") + (!(a > b) ? "m" : "");
    }

    static String compare(double a, double b) {
        return (a < b ? "<" : "") + (a <= b ? "l" : "") + (a > b ? ">" : "") + (a >= b ? "g" : "") + (a == b ? "=" : "")
               + (a != b ? "!" : "") + (!(a < b) ? "n" : "") + (!(a > b) ? "m" : "");
    }

    static void floats() {
        for (float a : FLOATS) {
            System.out.println("float " + a + " " + bits(-a) + " " + bits((float) Math.sqrt(a)));
            for (float b : FLOATS) {
                System.out.println(a + " " + b + ": " + bits(a + b) + " " + bits(a - b) + " " + bits(a * b) + " "
                                   + bits(a / b) + " " + bits(a % b) + " " + compare(a, b) + " " + Float.compare(a, b));
            }
        }
    }

    static void doubles() {
        for (double a : DOUBLES) {
            System.out.println("double " + a + " " + bits(-a) + " " + bits(Math.sqrt(a)));
            for (double b : DOUBLES) {
                System.out.println(a + " " + b + ": " + bits(a + b) + " " + bits(a - b) + " " + bits(a * b) + " "
                                   + bits(a / b) + " " + bits(a % b) + " " + compare(a, b) + " " + Double.compare(a, b));
            }
        }
    }

    static void remainders() {
        double[][] pairs = {{5.5, 2}, {-5.5, 2}, {5.5, -2}, {-5.5, -2}, {1e308, 3}, {1, 1e308}, {0.3, 0.1}, {1e17, 0.7},
                            {Double.MAX_VALUE, Double.MIN_VALUE}, {9007199254740993.0, 10}};
        for (double[] p : pairs) System.out.println(p[0] % p[1] + " " + (float) p[0] % (float) p[1] + " "
                                                    + Math.IEEEremainder(p[0], p[1]));
    }

    static void text() {
        double[] values = {1e-5, 1e-3, 0.001, 1e7, 9999999, 123456789.125, 2e-322, 4.9e-324, 1.0E23, 2.2250738585072014E-308,
                           100, 1.1f, 3.0e10, 1e21, 1e22};
        for (double v : values) System.out.println(v + " " + (float) v + " " + Double.toHexString(v));
        System.out.println(Double.parseDouble("1e400") + " " + Double.parseDouble("-1e-400") + " " + Float.parseFloat("0x1p-149"));
        System.out.println(Double.longBitsToDouble(0x7ff8000000000001L) + " " + Float.intBitsToFloat(0xffc00001));
    }

    static strictfp double strict(double a, double b) {
        return a * b / b - a;
    }

    // Stores to the low local variables: dstore_0, fstore_2, fstore_3, and fstore_1 in the other one.
    static String low(double a, float b, float c) {
        for (int i = 0; i < 3; i++) {
            a /= 3;
            b -= i;
            c *= b;
        }
        return bits(a) + " " + bits(b) + " " + bits(c);
    }

    static String low(int n, float b, double c) {
        while (n-- > 0) {
            b = b / 3 + n;
            c = c * b - n;
        }
        return bits(b) + " " + bits(c);
    }

    public static void main(String[] args) {
        System.out.println(low(1.5, 2.25f, 7f) + " " + low(5, 1e10f, 0.1));
        floats();
        doubles();
        remainders();
        text();
        System.out.println(strict(1e200, 1e200) + " " + strict(3, 7) + " " + Math.fma(3.0, 4.0, 0.5));
        double sum = 0, product = 1;
        float fsum = 0;
        for (int i = 1; i < 20000; i++) {
            sum += 1.0 / i;
            product *= 1 + 1.0 / (i * (double) i);
            fsum += 1f / i;
        }
        System.out.println(sum + " " + product + " " + fsum);
        long raw = Double.doubleToRawLongBits(Double.longBitsToDouble(0x7ff8123456789abcL));
        System.out.println(Long.toHexString(raw) + " " + Integer.toHexString(Float.floatToRawIntBits(Float.intBitsToFloat(0x7fc12345))));
    }
}
