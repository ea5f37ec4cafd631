/** Strings made and read by native code; compact and wide ones. */
public class JniTestStrings {
    static native String[] run(String[] strings);

    public static void main(String[] args) {
        JniTest.load();
        String[] made = run(new String[] {"", "a", "plain ASCII", "Latin-1: \u00e9\u00ff\u0080", "nul \0 inside", "wide \u20ac\u4e2d",
            "pair \ud83d\ude00 end", "lone \udc00 \ud800 end"});
        for (String s : made) {
            StringBuilder b = new StringBuilder().append(s.length()).append(':');
            for (char c : s.toCharArray())
                b.append(' ').append((int) c);
            System.out.println(b + " " + s.hashCode());
        }
        System.out.println(made[3].equals("plain") + " " + (made[3] == "plain") + " " + (made[3].intern() == "plain"));
    }
}
