import java.nio.*;
import java.nio.charset.*;
import java.text.*;
import java.util.*;

/* Locales, number and message formats, collation, charsets. */
public class TextAndLocale {
    static String hex(byte[] b) { StringBuilder s = new StringBuilder(); for (byte x : b) s.append(String.format("%02x", x)); return s.toString(); }
    public static void main(String[] args) throws Exception {
        System.out.println(NumberFormat.getInstance(Locale.US).format(1234567.891) + " " + NumberFormat.getInstance(Locale.GERMANY).format(1234567.891) + " " + NumberFormat.getPercentInstance(Locale.US).format(0.256) + " " + NumberFormat.getCurrencyInstance(Locale.US).format(-12.5) + " " + NumberFormat.getCurrencyInstance(Locale.JAPAN).format(1234) + " " + NumberFormat.getCompactNumberInstance(Locale.US, NumberFormat.Style.SHORT).format(12345678));
        System.out.println(new DecimalFormat("#,##0.00;(#)", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(-1234.567) + " " + new DecimalFormat("0.###E0", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(123456) + " " + NumberFormat.getInstance(Locale.FRANCE).parse("3,25"));
        System.out.println(new MessageFormat("{0} has {1,number,integer} {1,choice,0#files|1#file|1<files} {2}", Locale.US).format(new Object[] {"disk", 1300, "x'y"}) + " " + MessageFormat.format("'{0}' {0}", "q") + " " + new ChoiceFormat("0#none|1#one|2#many").format(7));
        System.out.println(Locale.forLanguageTag("zh-Hant-TW").getDisplayName(Locale.ENGLISH) + " " + Locale.GERMANY.getDisplayCountry(Locale.FRENCH) + " " + new Locale("pt", "BR").toLanguageTag() + " " + Locale.ROOT + "|" + Currency.getInstance("EUR").getSymbol(Locale.GERMANY) + " " + Currency.getInstance(Locale.UK).getCurrencyCode() + " " + Locale.lookup(Locale.LanguageRange.parse("fr-CA,en;q=0.5"), List.of(Locale.ENGLISH, Locale.FRENCH)));
        String[] words = {"zebra", "Äpfel", "apfel", "Öl", "ost", "éclair", "eclair"};
        Arrays.sort(words, Collator.getInstance(Locale.GERMANY));
        System.out.println(Arrays.toString(words) + " " + "I".toLowerCase(new Locale("tr")) + " " + "i".toUpperCase(new Locale("tr")) + " " + Normalizer.normalize("é", Normalizer.Form.NFD).length() + " " + Normalizer.normalize("ﬁ", Normalizer.Form.NFKC));
        BreakIterator bi = BreakIterator.getWordInstance(Locale.US);
        bi.setText("Hello, big world.");
        StringBuilder breaks = new StringBuilder();
        for (int p = bi.first(); p != BreakIterator.DONE; p = bi.next()) breaks.append(p).append(' ');
        System.out.println(breaks + new DateFormatSymbols(Locale.US).getMonths()[4] + " " + DateFormat.getDateInstance(DateFormat.LONG, Locale.US).format(new GregorianCalendar(2000, 0, 2).getTime()));
        String text = "aé漢\ud83d\ude00";
        for (String name : new String[] {"UTF-8", "UTF-16", "UTF-16LE", "UTF-32", "ISO-8859-1", "US-ASCII", "windows-1252", "Shift_JIS", "GB18030", "Big5", "EUC-KR", "IBM037", "KOI8-R"})
            System.out.println(name + " " + hex(text.getBytes(name)) + " " + new String(text.getBytes(name), name).equals(text) + " " + Charset.forName(name).newEncoder().canEncode('漢') + " " + Charset.forName(name).aliases().isEmpty());
        System.out.println(new String(new byte[] {(byte) 0xc3, 0x28, (byte) 0xe6, (byte) 0xbc}, StandardCharsets.UTF_8).codePoints().mapToObj(Integer::toHexString).toList());
        try { StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(new byte[] {'o', 'k', (byte) 0xff})); } catch (CharacterCodingException e) { System.out.println(e); }
        try { StandardCharsets.US_ASCII.newEncoder().onUnmappableCharacter(CodingErrorAction.REPORT).encode(CharBuffer.wrap("é")); } catch (CharacterCodingException e) { System.out.println(e); }
        try { Charset.forName("no-such"); } catch (UnsupportedCharsetException e) { System.out.println(e); }
        CharsetEncoder enc = StandardCharsets.UTF_8.newEncoder();
        ByteBuffer small = ByteBuffer.allocate(3);
        CharBuffer in = CharBuffer.wrap("é漢");
        System.out.println(enc.encode(in, small, true) + " " + small.position() + " " + in.remaining() + " " + enc.maxBytesPerChar() + " " + StandardCharsets.UTF_8.name() + " " + Charset.isSupported("utf8"));
        System.out.println(Base64.getEncoder().encodeToString("any carnal pleas".getBytes()) + " " + new String(Base64.getDecoder().decode("YW55")) + " " + Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[] {-1, -2, -3, -4}) + " " + HexFormat.of().formatHex(new byte[] {1, -1}) + " " + UUID.nameUUIDFromBytes("x".getBytes()) + " " + UUID.fromString("123e4567-e89b-12d3-a456-426614174000").version() + " " + java.net.URLEncoder.encode("a b&é", "UTF-8") + " " + java.net.URLDecoder.decode("%C3%A9+x", "UTF-8"));
        ResourceBundle rb = new ListResourceBundle() { protected Object[][] getContents() { return new Object[][] {{"key", "value"}, {"n", 5}}; } };
        System.out.println(rb.getString("key") + rb.getObject("n") + " " + new TreeSet<>(rb.keySet()));
        try { ResourceBundle.getBundle("missing.bundle"); } catch (MissingResourceException e) { System.out.println(e.getMessage().replaceAll("locale.*", "locale")); }
        Properties p = new Properties();
        p.load(new java.io.StringReader("# c\na = 1\\\n  2\nb\\ c:\\u00e9\nempty"));
        System.out.println(new TreeMap<>(p));
        try { NumberFormat.getInstance(Locale.US).parse("abc"); } catch (ParseException e) { System.out.println(e.getMessage() + " " + e.getErrorOffset()); }
    }
}
