package cloister.isolate.internal;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

    private Conversion() { }

    // ---- from JSON -------------------------------------------------------------------------------------------------

    static Object toJava(Object value, Type type) throws MismatchException {
        if (type instanceof ParameterizedType generic)
            return toGeneric(value, generic);
        if (type instanceof GenericArrayType array)
            return toArray(value, array.getGenericComponentType(), raw(array.getGenericComponentType()));
        if (type instanceof Class<?> c)
            return toClass(value, c);
        return value; /* a type variable or wildcard: as JSON has it */
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
            || c == Object.class || c == Collection.class)
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
        return value;
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

    /** Exactly: a fraction is no int, and 300 is no byte. */
    private static Object toNumber(Object value, Class<?> c) throws MismatchException {
        if (!(value instanceof Number number))
            throw mismatch(value, c);
        try {
            BigDecimal exact = number instanceof Double d ? BigDecimal.valueOf(d) : new BigDecimal(number.toString());
            if (c == long.class || c == Long.class)
                return exact.longValueExact();
            if (c == int.class || c == Integer.class)
                return exact.intValueExact();
            if (c == short.class || c == Short.class)
                return exact.shortValueExact();
            if (c == byte.class || c == Byte.class)
                return exact.byteValueExact();
            if (c == double.class || c == Double.class)
                return number.doubleValue();
            if (c == float.class || c == Float.class)
                return number.floatValue();
            if (c == BigInteger.class)
                return exact.toBigIntegerExact();
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
        if (value instanceof Number)
            return value;
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
                    + " cannot be read: " + e);
            }
        return members;
    }
}
