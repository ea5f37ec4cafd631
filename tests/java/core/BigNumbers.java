import java.math.*;
import java.util.*;

/* BigInteger, BigDecimal, StrictMath and Math edge cases. */
public class BigNumbers {
    public static void main(String[] args) {
        BigInteger f = BigInteger.ONE;
        for (int i = 2; i <= 60; i++) f = f.multiply(BigInteger.valueOf(i));
        System.out.println(f + " " + f.bitLength() + " " + f.toString(36));
        BigInteger a = new BigInteger("123456789012345678901234567890"), b = new BigInteger("-987654321098765432109876543210");
        System.out.println(a.add(b) + " " + a.subtract(b) + " " + a.multiply(b) + " " + b.divide(a) + " " + b.mod(a) + " " + b.remainder(a) + " " + Arrays.toString(b.divideAndRemainder(a)));
        System.out.println(a.gcd(b) + " " + a.pow(5) + " " + a.modPow(BigInteger.TEN, new BigInteger("1000000007")) + " " + BigInteger.valueOf(3).modInverse(BigInteger.valueOf(11)) + " " + a.sqrt());
        System.out.println(a.and(b) + " " + a.or(b) + " " + a.xor(b) + " " + a.not() + " " + a.shiftLeft(70) + " " + b.shiftRight(33) + " " + a.testBit(5) + " " + a.getLowestSetBit() + " " + b.signum() + " " + a.compareTo(b) + " " + a.hashCode() + " " + b.negate().hashCode());
        System.out.println(Arrays.toString(b.toByteArray()) + " " + new BigInteger(1, new byte[] {-1, 0, 1}) + " " + a.longValue() + " " + b.intValue() + " " + a.doubleValue() + " " + new BigInteger("ff", 16));
        System.out.println(new BigInteger("2").pow(127).subtract(BigInteger.ONE).isProbablePrime(20) + " " + BigInteger.valueOf(91).isProbablePrime(20) + " " + BigInteger.valueOf(100).nextProbablePrime());
        try { a.longValueExact(); } catch (ArithmeticException e) { System.out.println(e.getMessage()); }
        try { a.divide(BigInteger.ZERO); } catch (ArithmeticException e) { System.out.println(e.getMessage()); }
        BigInteger x = BigInteger.TWO.pow(20000).subtract(BigInteger.ONE), y = BigInteger.valueOf(3).pow(9000);
        System.out.println(x.multiply(y).hashCode() + " " + x.divide(y).hashCode() + " " + x.multiply(y).divide(y).equals(x) + " " + y.toString().length() + " " + y.toString().hashCode() + " " + new BigInteger(y.toString()).equals(y));
        BigDecimal d = new BigDecimal("123.4567890"), e = new BigDecimal("-0.00321");
        System.out.println(d.add(e) + " " + d.multiply(e) + " " + d.divide(e, 10, RoundingMode.HALF_UP) + " " + d.divide(e, MathContext.DECIMAL64) + " " + d.scale() + " " + d.precision() + " " + d.stripTrailingZeros() + " " + d.negate().abs() + " " + d.pow(3));
        for (RoundingMode m : RoundingMode.values()) if (m != RoundingMode.UNNECESSARY) System.out.print(new BigDecimal("2.5").setScale(0, m) + "," + new BigDecimal("-1.15").setScale(1, m) + " ");
        System.out.println();
        try { BigDecimal.ONE.divide(new BigDecimal(3)); } catch (ArithmeticException ex) { System.out.println(ex.getMessage()); }
        try { new BigDecimal("2.55").setScale(1); } catch (ArithmeticException ex) { System.out.println(ex.getMessage()); }
        try { new BigDecimal("1e"); } catch (NumberFormatException ex) { System.out.println(ex.getMessage()); }
        System.out.println(new BigDecimal(0.1) + " " + BigDecimal.valueOf(0.1) + " " + new BigDecimal("1E+5").toPlainString() + " " + new BigDecimal("1E+5") + " " + new BigDecimal("12345E-10").toEngineeringString() + " " + new BigDecimal("2.0").equals(new BigDecimal("2.00")) + " " + new BigDecimal("2.0").compareTo(new BigDecimal("2.00")) + " " + new BigDecimal("2").sqrt(new MathContext(40)));
        System.out.println(new BigDecimal("1234.5678").round(new MathContext(5)) + " " + new BigDecimal("100").movePointLeft(5) + " " + new BigDecimal("7.9").toBigInteger() + " " + new BigDecimal("1e400").doubleValue() + " " + new BigDecimal("123.45").unscaledValue() + " " + new BigDecimal("10").remainder(new BigDecimal("3.3")) + " " + new BigDecimal("0.5").ulp());
        double[] in = {-2.5, -0.5, 0.5, 1.5, 2.5, 1e300, Double.NaN};
        for (double v : in) System.out.print(Math.round(v) + " " + Math.rint(v) + " " + Math.floor(v) + " " + Math.ceil(v) + " " + (int) v + " " + (long) v + " " + (byte) v + " " + (char) v % 7 + ";");
        System.out.println();
        System.out.println(StrictMath.sin(1) + " " + StrictMath.cos(1e10) + " " + StrictMath.tan(0.7) + " " + StrictMath.exp(1.5) + " " + StrictMath.log(10) + " " + StrictMath.pow(2.5, 3.5) + " " + StrictMath.atan2(1, -2) + " " + StrictMath.cbrt(27) + " " + StrictMath.hypot(3, 4) + " " + StrictMath.sinh(1) + " " + StrictMath.log1p(1e-10) + " " + StrictMath.expm1(1e-10));
        System.out.println(Math.sqrt(2) + " " + Math.fma(2.0, 3.0, 0.1) + " " + Math.ulp(1.0) + " " + Math.nextUp(1f) + " " + Math.scalb(1.5, 10) + " " + Math.getExponent(1000.0) + " " + Math.copySign(1, -0.0) + " " + Math.signum(-3.0) + " " + Math.IEEEremainder(5, 3) + " " + 5.5 % 2.1 + " " + -5.5f % 2f + " " + Math.abs(Integer.MIN_VALUE) + " " + Math.min(-0.0, 0.0) + " " + Math.max(Float.NaN, 1f));
        for (Runnable r : new Runnable[] {() -> Math.addExact(Integer.MAX_VALUE, 1), () -> Math.multiplyExact(1L << 40, 1L << 40), () -> Math.toIntExact(1L << 33), () -> Math.negateExact(Integer.MIN_VALUE), () -> System.out.println(1 / Integer.parseInt("0")), () -> System.out.println(1L % Long.parseLong("0"))})
            try { r.run(); } catch (ArithmeticException ex) { System.out.print(ex.getMessage() + "; "); }
        System.out.println(Math.multiplyHigh(1L << 62, 12) + " " + Long.divideUnsigned(-1, 10) + " " + Integer.remainderUnsigned(-1, 7) + " " + Long.compareUnsigned(-1, 1) + " " + Integer.MIN_VALUE / -1 + " " + Long.MIN_VALUE % -1 + " " + 1.0 / 0 + " " + 0.0 / 0 + " " + (0.1 + 0.2) + " " + (0.1f + 0.2f) + " " + (float) 1e40 + " " + (int) Float.NaN);
        Random r = new Random(12345);
        System.out.println(r.nextInt() + " " + r.nextInt(100) + " " + r.nextLong() + " " + r.nextDouble() + " " + r.nextFloat() + " " + r.nextBoolean() + " " + r.nextGaussian() + " " + new SplittableRandom(7).nextInt() + " " + r.ints(3, 0, 10).boxed().toList());
    }
}
