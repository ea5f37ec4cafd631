import java.util.*;

/* Formatter, number to text and back, StringBuilder and String methods. */
public class Formatting {
    static void attempt(String f, Object... args) {
        try { System.out.println(f + " -> " + String.format(Locale.ROOT, f, args)); } catch (Exception e) { System.out.println(f + " -> " + e); }
    }
    public static void main(String[] args) {
        attempt("%d|%5d|%-5d|%05d|%+d|%,d|%(d|% d", 1, 2, 3, 4, 5, 1234567, -7, 8);
        attempt("%x|%X|%#x|%o|%h", 255, 255, 255, 8, "hi");
        attempt("%f|%.2f|%10.3f|%-10.1f|%e|%.3E|%g|%a", Math.PI, Math.E, 2.0 / 3, 5.55, 123456.789, 0.00012, 1e-5, 1.0);
        attempt("%s|%10s|%-10s|%.2s|%S|%b|%c|%%|%n", "a", "b", "c", "defg", "up", true, 'x');
        attempt("%2$s %1$s %<s %s", "one", "two");
        attempt("%tY-%<tm-%<td %<tH:%<tM:%<tS.%<tL %<tZ %<ta %<tB", new GregorianCalendar(2024, Calendar.FEBRUARY, 29, 13, 5, 9) {{ setTimeZone(TimeZone.getTimeZone("UTC")); }});
        attempt("%d", "x"); attempt("%q", 1); attempt("%s %s", 1); attempt("%.2d", 1); attempt("%-d", 1); attempt("%c", 0x1F600); attempt("%b %b", null, "t");
        attempt("%s %s", new int[0].getClass(), Arrays.asList(1, null)); attempt("%08.3f|%+.0f|%,.2f", -3.14159, 2.5, 9876543.21);
        attempt("%f %f %f %e", Double.NaN, Double.POSITIVE_INFINITY, -0.0, Double.MIN_VALUE);
        System.out.println(String.format(Locale.GERMANY, "%,.2f", 1234567.891) + " " + String.format(Locale.US, "%,d", Long.MIN_VALUE) + " " + String.format(Locale.FRANCE, "%.1f", 1.5));
        double[] ds = {0.1, 1e21, 1e-7, 123456789.125, Double.MAX_VALUE, Double.MIN_NORMAL, 2.2250738585072014E-308, 1.0E23, 4.35, 100, 1.1f};
        for (double d : ds) System.out.print(d + " " + (float) d + " " + Double.parseDouble(Double.toString(d)) + ";");
        System.out.println();
        System.out.println(Float.parseFloat("3.4028236e38") + " " + Float.toHexString(1.1f) + " " + Double.toHexString(-0.5) + " " + Double.valueOf("0x1.8p3") + " " + Float.intBitsToFloat(0x7fc00001) + " " + Double.doubleToLongBits(-0.0));
        System.out.println(Integer.toString(-255, 16) + " " + Integer.toUnsignedString(-1) + " " + Long.toUnsignedString(-1L, 36) + " " + Integer.parseInt("-80000000", 16) + " " + Integer.parseUnsignedInt("4294967295") + " " + Integer.toBinaryString(-8) + " " + Long.toHexString(-1L) + " " + Integer.reverse(1) + " " + Long.bitCount(255L) + " " + Integer.highestOneBit(1000) + " " + Long.numberOfTrailingZeros(64));
        for (String bad : new String[] {"", "12x", "2147483648", "+", "0x10", " 1"}) try { System.out.println(Integer.parseInt(bad)); } catch (NumberFormatException e) { System.out.println(e.getMessage()); }
        try { Double.parseDouble("1.2.3"); } catch (NumberFormatException e) { System.out.println(e.getMessage()); }
        System.out.println(Integer.decode("0x7f") + Integer.decode("-010") + Integer.decode("#ff") + " " + Math.floorMod(-7, 3) + " " + Math.floorDiv(-7, 3) + " " + (-7 % 3) + " " + (-7 / 3) + " " + (7 >>> 1) + " " + (-7 >>> 28) + " " + (-7 >> 1));
        StringBuilder sb = new StringBuilder("hello");
        sb.insert(0, 3.5).append('c').append(new char[] {'x', 'y'}).reverse().deleteCharAt(0).replace(1, 3, "ZZZ").setCharAt(0, '!');
        System.out.println(sb + " " + sb.indexOf("l") + " " + sb.length() + " " + sb.charAt(2));
        String s = "  The quick brown fox  ";
        System.out.println("[" + s.strip() + "][" + s.trim().toUpperCase() + "][" + s.isBlank() + "]" + s.indexOf("quick") + s.lastIndexOf('o') + s.contains("fox") + " " + "a,b,,c,,".split(",").length + " " + Arrays.toString("a1b22c".split("\\d+")) + " " + String.join("/", List.of("p", "q")) + " " + "ab".repeat(3) + " " + "x".compareTo("abc") + " " + "HELLO".equalsIgnoreCase("hello") + " " + "title".replace('t', 'T') + " " + "l1\nl2\r\nl3".lines().toList() + " " + "%d-%s".formatted(1, "z") + " " + "abc".chars().sum());
        System.out.println("  indent\n   more".stripIndent() + "|" + "a\\tb".translateEscapes() + "|" + "x".indent(2) + "|" + "straße".toUpperCase(Locale.ROOT) + " " + "İ".toLowerCase(Locale.ROOT).length() + " " + "\ud83d\ude00".codePointCount(0, 2) + " " + "\ud83d\ude00a".codePointAt(0) + " " + new String(Character.toChars(0x1F680)).length() + " " + Character.getName('é') + " " + Character.isLetter('漢') + Character.isDigit('٣') + Character.getNumericValue('٣') + " " + Character.UnicodeBlock.of('я'));
        try { "abc".substring(2, 5); } catch (StringIndexOutOfBoundsException e) { System.out.println(e.getMessage()); }
        try { "abc".charAt(9); } catch (StringIndexOutOfBoundsException e) { System.out.println(e.getMessage()); }
        System.out.println(new StringJoiner(", ", "{", "}").add("a").add("b") + " " + "intern".equals(new String("intern").intern()) + " " + (new String("in").concat("tern").intern() == "intern") + " " + "hash".hashCode() + " " + Objects.hash(1, "2", 3.0) + " " + Arrays.deepToString(new int[][] {{1}, {2, 3}}) + " " + Arrays.hashCode(new double[] {1, 2}));
        Scanner sc = new Scanner("12 3.5 word\nrest of line\n0x1F true").useLocale(Locale.ROOT);
        System.out.println(sc.nextInt() + " " + sc.nextDouble() + " " + sc.next() + sc.nextLine() + "[" + sc.nextLine() + "]" + sc.hasNextInt() + sc.next() + sc.nextBoolean());
    }
}
