// Long strings and large builders, 100,000 interned strings with collections between, substrings, and hash collisions.
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public class LimitStrings {
    static void builders() {
        StringBuilder b = new StringBuilder();
        for (int i = 0; i < 50_000; i++) b.append(i).append(i % 1000 == 0 ? '\u4e2d' : ',');
        String s = b.toString();
        System.out.println(s.length() + " " + s.hashCode() + " " + s.indexOf("49999") + " " + s.lastIndexOf('\u4e2d') + " " + s.substring(200_000, 200_020));
        b.setLength(100);
        b.insert(0, "front").delete(3, 10).replace(0, 2, "RR").deleteCharAt(5);
        System.out.println(b.length() + " " + b.reverse());
        String repeated = "xyz".repeat(200_000);
        System.out.println(repeated.length() + " " + repeated.hashCode() + " " + repeated.replace("y", "--").length() + " " + repeated.chars().filter(c -> c == 'z').count());
        System.out.println(repeated.getBytes(java.nio.charset.StandardCharsets.UTF_16).length + " " + repeated.toUpperCase().hashCode() + " " + repeated.equals("xyz".repeat(200_000))
            + " " + repeated.compareTo(repeated + "a") + " " + repeated.contains("zxyzx"));
        String[] parts = repeated.substring(0, 60_000).split("y");
        System.out.println(parts.length + " " + parts[1] + " " + String.join("y", parts).length());
    }

    static void interning() {
        int same = 0, literal = 0;
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 100_000; i++) {
                String s = ("interned " + i).intern();
                if (i % 10_000 == 0 && s == ("interned " + i).intern()) same++;
            }
            System.gc();
            if ("kept literal" == ("kept " + "literal".toString()).intern()) literal++;
        }
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) kept.add(("kept " + i).intern());
        System.gc();
        for (int i = 0; i < 100_000; i += 3) if (kept.get(i) == new String("kept " + i).intern()) same++;
        System.out.println(same + " " + literal + " " + ("a" + kept.size()).intern().equals("a100000"));
    }

    static void collisions() {
        Map<String, Integer> map = new HashMap<>();
        List<String> keys = new ArrayList<>(List.of(""));
        for (int i = 0; i < 12; i++) {
            List<String> longer = new ArrayList<>();
            for (String k : keys) {
                longer.add(k + "Aa");
                longer.add(k + "BB");
            }
            keys = longer;
        }
        for (String k : keys) map.merge(k, 1, Integer::sum);
        System.out.println(keys.size() + " " + map.size() + " " + keys.stream().mapToInt(String::hashCode).distinct().count() + " " + map.get(keys.get(4000)));
    }

    static void charsets() throws Exception {
        StringBuilder b = new StringBuilder();
        for (int cp = 0; cp < 0x11000; cp += 31) if (cp < 0xd800 || cp > 0xdfff) b.appendCodePoint(cp);
        String s = b.toString();
        for (String cs : new String[] {"UTF-8", "UTF-16", "UTF-16LE", "UTF-32", "ISO-8859-1", "US-ASCII"}) {
            byte[] bytes = s.getBytes(cs);
            System.out.println(cs + " " + bytes.length + " " + java.util.Arrays.hashCode(bytes) + " " + new String(bytes, cs).equals(s));
        }
        System.out.println(s.codePointCount(0, s.length()) + " " + s.toLowerCase().hashCode() + " " + s.toUpperCase().hashCode() + " " + new String(new byte[] {(byte) 0xc3, 'x', (byte) 0xff}, "UTF-8").hashCode());
    }

    public static void main(String[] args) throws Exception {
        builders();
        interning();
        collisions();
        charsets();
    }
}
