package cloister.isolate.internal;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Values between JSON and the types of a handler's parameters and result. cloister-call(1) has the table.
 */
final class Conversion {
    /** A value that does not fit its type; the message says which and why. */
    static final class MismatchException extends Exception {
        private static final long serialVersionUID = 1L;

        MismatchException(String message) {
            super(message);
        }
    }

    private static final int MOST_DIGITS = 100_000;

    /** Whose texts are JSON, when they are finite. */
    private static final Set<Class<?>> NUMBERS = Set.of(Byte.class, Short.class, Integer.class, Long.class,
        BigInteger.class, BigDecimal.class, Float.class, Double.class);

    private Conversion() { }

    // ---- from JSON -------------------------------------------------------------------------------------------------

    static Object toJava(Object value, Type type) throws MismatchException {
        if (type instanceof ParameterizedType generic)
            return toGeneric(value, generic);
        if (type instanceof GenericArrayType array)
            return toArray(value, array.getGenericComponentType(), raw(array.getGenericComponentType()));
        if (type instanceof Class<?> c)
            return toClass(value, c);
        if (type instanceof WildcardType wildcard)
            return toJava(value, wildcard.getUpperBounds()[0]);
        return untyped(value); /* a type variable */
    }

    /** For who asks for no type: what Json.parse gives, fractions as Double; as BigDecimal where that has no room. */
    static Object untyped(Object value) {
        if (value instanceof BigDecimal exact)
            return Double.isInfinite(exact.doubleValue()) ? exact : (Object) exact.doubleValue();
        if (value instanceof List<?> list) {
            List<Object> converted = new ArrayList<>(list.size());
            for (Object element : list)
                converted.add(untyped(element));
            return converted;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> converted = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : map.entrySet())
                converted.put(member.getKey(), untyped(member.getValue()));
            return converted;
        }
        return value;
    }

    private static Class<?> raw(Type type) {
        return type instanceof Class<?> c ? c
            : type instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : Object.class;
    }

    private static MismatchException mismatch(Object value, Type type) {
        String kind = value == null ? "null" : value instanceof String ? "a string" : value instanceof List ? "an array"
            : value instanceof Map ? "an object" : value.toString();
        return new MismatchException(kind + " is no " + type.getTypeName());
    }

    private static Object toClass(Object value, Class<?> c) throws MismatchException {
        if (value == null) {
            if (c.isPrimitive())
                throw mismatch(null, c);
            return null;
        }
        if (c == boolean.class || c == Boolean.class || c == String.class || c == List.class || c == Map.class
            || c == Object.class || c == Collection.class || c == Iterable.class)
            return ofClass(value, c == boolean.class ? Boolean.class : c);
        if (c == char.class || c == Character.class)
            return toChar(value, c);
        if (c == byte[].class && value instanceof String text)
            return toBytes(text);
        if (c.isArray())
            return toArray(value, c.getComponentType(), c.getComponentType());
        if (c.isEnum())
            return toEnum(value, c);
        return toNumber(value, c);
    }

    private static Object ofClass(Object value, Class<?> c) throws MismatchException {
        if (!c.isInstance(value))
            throw mismatch(value, c);
        return untyped(value);
    }

    private static Object toChar(Object value, Class<?> c) throws MismatchException {
        if (!(value instanceof String text) || text.length() != 1)
            throw mismatch(value, c);
        return text.charAt(0);
    }

    private static byte[] toBytes(String text) throws MismatchException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new MismatchException("a string for byte[] is to be Base64: " + e.getMessage());
        }
    }

    private static Object toEnum(Object value, Class<?> c) throws MismatchException {
        for (Object constant : c.getEnumConstants())
            if (((Enum<?>) constant).name().equals(value))
                return constant;
        throw mismatch(value, c);
    }

    private static Object toArray(Object value, Type element, Class<?> raw) throws MismatchException {
        if (value == null)
            return null;
        if (!(value instanceof List<?> list))
            throw mismatch(value, raw.arrayType());
        Object array = Array.newInstance(raw, list.size());
        for (int i = 0; i < list.size(); i++)
            Array.set(array, i, toJava(list.get(i), element));
        return array;
    }

    private static Object toGeneric(Object value, ParameterizedType type) throws MismatchException {
        Class<?> raw = (Class<?>) type.getRawType();
        Type[] arguments = type.getActualTypeArguments();
        if (value == null)
            return null;
        if ((raw == List.class || raw == Collection.class || raw == Iterable.class) && value instanceof List<?> list) {
            List<Object> converted = new ArrayList<>();
            for (Object element : list)
                converted.add(toJava(element, arguments[0]));
            return converted;
        }
        if (raw == Map.class && value instanceof Map<?, ?> map && arguments[0] == String.class) {
            Map<String, Object> converted = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : map.entrySet())
                converted.put((String) member.getKey(), toJava(member.getValue(), arguments[1]));
            return converted;
        }
        throw mismatch(value, type);
    }

    private static <T extends Number> T finite(T number, Object value, Class<?> c) throws MismatchException {
        if (Double.isInfinite(number.doubleValue()))
            throw mismatch(value, c);
        return number;
    }

    /** Few characters can be a number of so many digits that no heap has room for them. */
    private static BigInteger toInteger(BigDecimal exact) throws MismatchException {
        if (exact.precision() - (long) exact.scale() > MOST_DIGITS)
            throw mismatch(exact, BigInteger.class);
        return exact.toBigIntegerExact();
    }

    /** Exactly: a fraction is no int, and 300 is no byte. */
    private static Object toNumber(Object value, Class<?> c) throws MismatchException {
        if (!(value instanceof Number number))
            throw mismatch(value, c);
        try {
            BigDecimal exact = number instanceof BigDecimal decimal ? decimal : new BigDecimal(number.toString());
            if (c == long.class || c == Long.class)
                return exact.longValueExact();
            if (c == int.class || c == Integer.class)
                return exact.intValueExact();
            if (c == short.class || c == Short.class)
                return exact.shortValueExact();
            if (c == byte.class || c == Byte.class)
                return exact.byteValueExact();
            if (c == double.class || c == Double.class)
                return finite(number.doubleValue(), value, c);
            if (c == float.class || c == Float.class)
                return finite(number.floatValue(), value, c);
            if (c == BigInteger.class)
                return number instanceof BigInteger ? number : toInteger(exact);
            if (c == BigDecimal.class || c == Number.class)
                return c == Number.class ? number : exact;
        } catch (ArithmeticException e) {
            throw mismatch(value, c);
        }
        throw new MismatchException("parameters of " + c.getTypeName() + " cannot be given as JSON");
    }

    // ---- to JSON ---------------------------------------------------------------------------------------------------

    static Object toJson(Object value) throws MismatchException {
        if (value == null || value instanceof Boolean || value instanceof String)
            return value;
        if (value instanceof Double d && !Double.isFinite(d) || value instanceof Float f && !Float.isFinite(f))
            throw new MismatchException("JSON has no number " + value);
        if (value instanceof Number number)
            return NUMBERS.contains(value.getClass()) ? number : decimal(number);
        if (value instanceof Character || value instanceof Enum<?>)
            return value instanceof Enum<?> constant ? constant.name() : value.toString();
        if (value instanceof byte[] bytes)
            return Base64.getEncoder().encodeToString(bytes);
        if (value.getClass().isArray()) {
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++)
                list.add(toJson(Array.get(value, i)));
            return list;
        }
        if (value instanceof Iterable<?> elements) {
            List<Object> list = new ArrayList<>();
            for (Object element : elements)
                list.add(toJson(element));
            return list;
        }
        if (value instanceof Map<?, ?> map)
            return members(map);
        if (value instanceof Record record)
            return components(record);
        throw new MismatchException(value.getClass().getTypeName() + " cannot be given as JSON");
    }

    /** Of a class whose text may be anything. */
    private static BigDecimal decimal(Number number) throws MismatchException {
        try {
            return new BigDecimal(number.toString());
        } catch (NumberFormatException e) {
            throw new MismatchException(number.getClass().getTypeName()
                + " cannot be given as JSON: its text is no number");
        }
    }

    private static Map<String, Object> members(Map<?, ?> map) throws MismatchException {
        Map<String, Object> members = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : map.entrySet())
            members.put(String.valueOf(entry.getKey()), toJson(entry.getValue()));
        return members;
    }

    private static Map<String, Object> components(Record record) throws MismatchException {
        Map<String, Object> members = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents())
            try {
                component.getAccessor().setAccessible(true);
                members.put(component.getName(), toJson(component.getAccessor().invoke(record)));
            } catch (ReflectiveOperationException | RuntimeException e) {
                throw new MismatchException("component " + component.getName() + " of " + record.getClass().getTypeName()
                    + " cannot be read: " + (e instanceof InvocationTargetException ? e.getCause() : e));
            }
        return members;
    }
}
