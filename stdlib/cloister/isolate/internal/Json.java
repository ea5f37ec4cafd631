package cloister.isolate.internal;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON text (RFC 8259) to null, Boolean, Long, BigInteger, BigDecimal, String, List and Map, and back. Objects keep the
 * order of their members; of equal names the last counts. Numbers keep all their digits; -0.0, which is no BigDecimal,
 * is a Double.
 */
final class Json {
    /** Text that is no JSON; the message says where. */
    static final class SyntaxException extends Exception {
        private static final long serialVersionUID = 1L;

        SyntaxException(String message, int at) {
            super(message + " at character " + (at + 1));
        }
    }

    private static final int DEEPEST = 512; /* levels of arrays and objects */

    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    // ---- reading ---------------------------------------------------------------------------------------------------

    static Object parse(String text) throws SyntaxException {
        Json json = new Json(text);
        Object value = json.value();
        json.space();
        if (json.at != text.length())
            throw json.error("text follows the value");
        return value;
    }

    private SyntaxException error(String message) {
        return new SyntaxException(message, at);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0)
            at++;
    }

    /** The next character that is no space, not taken; 0 at the end. */
    private char peek() {
        space();
        return at < text.length() ? text.charAt(at) : 0;
    }

    private void expect(char c) throws SyntaxException {
        if (peek() != c)
            throw error("'" + c + "' is missing");
        at++;
    }

    private Object value() throws SyntaxException {
        char c = peek();
        if (c == '{')
            return object();
        if (c == '[')
            return array();
        if (c == '"')
            return string();
        if (c == '-' || (c >= '0' && c <= '9'))
            return number();
        if (word("true"))
            return true;
        if (word("false"))
            return false;
        if (word("null"))
            return null;
        throw error(c == 0 ? "the value is missing" : "no value begins with '" + c + "'");
    }

    private boolean word(String word) {
        if (!text.startsWith(word, at))
            return false;
        at += word.length();
        return true;
    }

    private void enter() throws SyntaxException {
        if (++depth > DEEPEST)
            throw error("more than " + DEEPEST + " levels");
        at++;
    }

    private List<Object> array() throws SyntaxException {
        List<Object> list = new ArrayList<>();
        enter();
        if (peek() != ']') {
            list.add(value());
            while (peek() == ',') {
                at++;
                list.add(value());
            }
        }
        expect(']');
        depth--;
        return list;
    }

    private Map<String, Object> object() throws SyntaxException {
        Map<String, Object> map = new LinkedHashMap<>();
        enter();
        if (peek() != '}') {
            member(map);
            while (peek() == ',') {
                at++;
                member(map);
            }
        }
        expect('}');
        depth--;
        return map;
    }

    private void member(Map<String, Object> map) throws SyntaxException {
        if (peek() != '"')
            throw error("a name in quotes is missing");
        String name = string();
        expect(':');
        map.put(name, value());
    }

    private int digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9')
            at++;
        return at - start;
    }

    private Object number() throws SyntaxException {
        int start = at;
        boolean whole = true;
        if (text.charAt(at) == '-')
            at++;
        int first = at;
        int count = digits();
        if (count == 0 || (count > 1 && text.charAt(first) == '0'))
            throw error("this is no number");
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            whole = false;
            if (digits() == 0)
                throw error("digits are missing");
        }
        if (at < text.length() && (text.charAt(at) | 0x20) == 'e') {
            at++;
            whole = false;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-'))
                at++;
            if (digits() == 0)
                throw error("digits are missing");
        }
        String number = text.substring(start, at);
        if (!whole)
            return decimal(number);
        BigInteger integer = number.length() < 19 ? null : new BigInteger(number);
        return integer == null ? (Object) Long.valueOf(number) : integer.bitLength() < Long.SIZE ? integer.longValue() : integer;
    }

    private Object decimal(String number) throws SyntaxException {
        try {
            BigDecimal decimal = new BigDecimal(number);
            return decimal.signum() == 0 && number.charAt(0) == '-' ? (Object) (-0.0) : decimal;
        } catch (NumberFormatException e) { /* beyond 2^31 */
            throw error("the number's exponent is too large");
        }
    }

    private String string() throws SyntaxException {
        StringBuilder out = new StringBuilder();
        for (at++;; at++) {
            if (at >= text.length())
                throw error("a string is not closed");
            char c = text.charAt(at);
            if (c == '"')
                break;
            if (c < ' ')
                throw error("a control character in a string");
            out.append(c == '\\' ? escape() : c);
        }
        at++;
        return out.toString();
    }

    private char escape() throws SyntaxException {
        at++;
        char c = at < text.length() ? text.charAt(at) : 0;
        int plain = "\"\\/bfnrt".indexOf(c);
        if (plain >= 0)
            return "\"\\/\b\f\n\r\t".charAt(plain);
        if (c != 'u' || at + 4 >= text.length())
            throw error("no such escape");
        int code = 0;
        for (int i = 0; i < 4; i++) {
            c = text.charAt(++at);
            int digit = c < 0x80 ? Character.digit(c, 16) : -1; /* other scripts have digits, too */
            if (digit < 0)
                throw error("no such escape");
            code = code * 16 + digit;
        }
        return (char) code;
    }

    // ---- writing ---------------------------------------------------------------------------------------------------

    /** Of what parse gives, and any Number. */
    static void write(StringBuilder out, Object value) {
        if (value instanceof String s) {
            quote(out, s);
        } else if (value instanceof List<?> list) {
            char separator = '[';
            for (Object element : list) {
                write(out.append(separator), element);
                separator = ',';
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value instanceof Map<?, ?> map) {
            char separator = '{';
            for (Map.Entry<?, ?> member : map.entrySet()) {
                quote(out.append(separator), (String) member.getKey());
                write(out.append(':'), member.getValue());
                separator = ',';
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else {
            out.append(value);
        }
    }

    private static void quote(StringBuilder out, String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int plain = "\"\\\b\f\n\r\t".indexOf(c);
            if (plain >= 0)
                out.append('\\').append("\"\\bfnrt".charAt(plain));
            else if (c < ' ' || Character.isSurrogate(c))
                out.append(String.format("\\u%04x", (int) c));
            else
                out.append(c);
        }
        out.append('"');
    }
}
