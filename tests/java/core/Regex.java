import java.util.*;
import java.util.regex.*;

/* java.util.regex. */
public class Regex {
    static void find(String p, String s, int... flags) {
        Matcher m = Pattern.compile(p, flags.length == 0 ? 0 : flags[0]).matcher(s);
        StringBuilder b = new StringBuilder(p + ":");
        while (m.find()) { b.append(" [").append(m.start()).append(',').append(m.end()).append(')'); for (int i = 0; i <= m.groupCount(); i++) b.append(' ').append(m.group(i)); }
        System.out.println(b);
    }
    public static void main(String[] args) {
        find("(\\w+)@(\\w+)\\.com", "ann@mail.com, bob@site.com;x@y.org");
        find("a*?b|c+", "aaab cc b");
        find("(?i)HELLO", "hello HeLLo");
        find("^\\s*#.*$", "a\n  # one\n#two", Pattern.MULTILINE);
        find("(?<year>\\d{4})-(?<month>\\d\\d)", "2024-05 and 1999-12");
        find("(a)(?=b)", "ab ac ab"); find("(?<!x)y", "xy yy"); find("(\\w)\\1", "aabbcd ee"); find("[^aeiou\\s]{2,3}+", "strengths of rhythm");
        find("\\bfoo\\b", "foo food foo"); find("\\p{Lu}\\p{L}*", "Émile Zola éa"); find("[a-z&&[^m-p]]+", "lmnopqr"); find("(x+x+)+y", "xxxxxxxxy"); find("a.c", "a\nc", Pattern.DOTALL); find("\\Qa.b\\E", "a.b axb");
        find("[\\x{1F600}-\\x{1F64F}]", "hi \ud83d\ude00!"); find("(?:(\\d+)|(\\w+))", "12 ab"); find("\\R", "a\r\nb\nc"); find("(?>a+)ab", "aaab");
        Matcher m = Pattern.compile("(?<k>\\w+)=(?<v>[^;]*);?").matcher("a=1;b=22;c=");
        System.out.println(m.replaceAll("${v}<-${k} "));
        m.reset();
        System.out.println(m.replaceAll(r -> r.group(1).toUpperCase() + r.end() + "|") + " " + m.reset().results().map(MatchResult::group).toList());
        StringBuilder sb = new StringBuilder();
        m.reset();
        while (m.find()) m.appendReplacement(sb, "\\$" + m.group("k"));
        System.out.println(m.appendTail(sb));
        System.out.println(Arrays.toString(Pattern.compile("[,;]\\s*").split("a, b;c,,d,")) + Arrays.toString("1-2-3".split("-", 2)) + Arrays.toString("abc".split("")) + " " + "a.b.c".replaceFirst("\\.", "/") + " " + "tel: 555-1234".matches(".*\\d{3}-\\d{4}") + " " + Pattern.matches("[ab]+", "abc"));
        Matcher region = Pattern.compile("\\d+").matcher("12 345 6789").region(2, 9);
        System.out.println(region.find() + " " + region.group() + " " + region.find() + " " + region.group() + " " + region.hitEnd() + " " + region.lookingAt() + " " + Pattern.compile("(a(b)?)+").matcher("aba").matches());
        System.out.println(Pattern.compile("x", Pattern.LITERAL | Pattern.CASE_INSENSITIVE).flags() + " " + Pattern.quote("a\\Eb") + " " + Matcher.quoteReplacement("$1\\") + " " + Pattern.compile("b").asPredicate().test("abc") + " " + Pattern.compile("-").splitAsStream("x-y").toList());
        for (String bad : new String[] {"(", "[a", "a{2,1}", "*a", "(?<n>a)(?<n>b)", "\\", "(?<1a>x)", "\\p{Nope}", "a**"})
            try { Pattern.compile(bad); System.out.println(bad + " compiles"); } catch (PatternSyntaxException e) { System.out.println(e.getDescription() + " at " + e.getIndex() + " in " + e.getPattern()); }
        try { Pattern.compile("a").matcher("a").group(); } catch (IllegalStateException e) { System.out.println(e.getMessage()); }
        try { "x".replaceAll("x", "$3"); } catch (IndexOutOfBoundsException e) { System.out.println(e.getMessage()); }
        try { "x".replaceAll("x", "${no}"); } catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
        StringBuilder deep = new StringBuilder();
        for (int i = 0; i < 1000; i++) deep.append(i % 10);
        System.out.println(Pattern.compile("(\\d)*").matcher(deep).matches() + " " + Pattern.compile("[0-45-9]+").matcher(deep).matches() + " " + deep.toString().replaceAll("(\\d)(\\d)", "$2$1").hashCode());
    }
}
