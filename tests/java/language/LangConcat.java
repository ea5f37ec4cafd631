// String concatenation of every type and arity, evaluation order, compound assignment, null, and side effects in toString.
public class LangConcat {
    static int calls;
    static class Noisy { final int id = ++calls; @Override public String toString() { return "N" + id + "#" + ++calls; } }
    static class Null { @Override public String toString() { return null; } }
    static class Bad { @Override public String toString() { throw new IllegalStateException("toString"); } }
    static int next() { return ++calls; }

    static String all(boolean z, byte b, char c, short s, int i, long l, float f, double d, String t, Object o, char[] a) {
        return "[" + z + b + c + s + i + l + f + d + t + o + (a == null ? "none" : String.valueOf(a)) + "]";
    }

    static String numbers(int i) { return i + 1 + "x" + i + 1 + 'c' + 1 + (char) (i + 65) + (i + 'c') + -i + +i + 1.0f + 1e10 + 1L; }
    static final String CONSTANT = "c" + 1 + 2L + 3.0f + 4.0 + true + 'x' + null;

    public static void main(String[] args) {
        System.out.println(all(true, (byte) -1, 'c', (short) 300, 1 << 31, 1L << 63, -0f, 1 / 3.0, "t", new Noisy(), "abc".toCharArray()));
        System.out.println(all(false, (byte) 127, '\0', (short) 0, 0, 0, Float.NaN, Double.NEGATIVE_INFINITY, null, null, null).replace('\0', '0'));
        System.out.println(numbers(0) + " " + numbers(-7) + " " + CONSTANT);
        System.out.println("" + new Null() + new Null() + "" + (Object) null + (String) null);
        String s = null;
        s += null;
        s += 1;
        s += 'c';
        s += 2.5f;
        s += new int[0].length;
        System.out.println(s + s.length());
        try {
            System.out.println("before " + next() + new Bad() + next());
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage() + " " + calls);
        }
        System.out.println(next() + "a" + next() + "b" + (next() + next()) + new Noisy() + next());
        char c = 'a';
        c += 1;
        String t = "" + c + (c + 1) + (char) (c + 1) + c++ + ++c;
        System.out.println(t);
        Object o = "obj";
        o += "ect";
        String[] array = {"x", "y"};
        int i = 0;
        array[i++] += i + array[i];
        System.out.println(o + array[0] + i);
        String twoByte = "caf\u00e9 " + '\u4e2d' + "\ud83d\ude00" + 5;
        System.out.println(twoByte.length() + " " + twoByte.codePointCount(0, twoByte.length()) + " " + twoByte.hashCode());
        String latin = "\u00e9" + "\u00ff" + 'z';
        System.out.println(latin.length() + " " + latin.hashCode() + " " + (latin + "\u0100").hashCode());
        String tags = "\1" + next() + "\2" + next() + "\1\2";
        System.out.println(tags.length() + " " + tags.hashCode());
        StringBuilder sb = new StringBuilder();
        for (int k = 0; k < 100; k++) sb.append(k).append(',').append((Object) null).append(1.5).append(true).append("abc", 1, 2);
        System.out.println(sb.length() + " " + sb.toString().hashCode() + sb.reverse().substring(0, 10) + sb.indexOf("llun"));
        String big = "";
        for (int k = 0; k < 500; k++) big += k % 10;
        System.out.println(big.length() + " " + big.hashCode());
        System.out.println(("a" + "b" == "ab") + " " + (("a" + args.length).intern() == "a0") + " " + ("a" + args.length == "a0"));
        int v1 = 1, v2 = 2, v3 = 3;
        long w = 4;
        String many = "" + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w
            + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w + v1 + v2 + v3 + w;
        System.out.println(many.length() + " " + many.hashCode());
    }
}
