package cloister.isolate.internal;

import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A method that answers calls: {@code byte[] m(byte[])} for bytes, or any public method whose parameters can be given as
 * JSON. Static, or of a class with a public constructor without parameters, one object for all calls.
 */
final class Handler {
    /** A call that cannot be made; the message says why. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /**
     * Of overloads with equally many parameters the one with the earlier types is tried first: cloister-call(1) has the
     * order. Enum stands for all enums, Object[] for arrays.
     */
    private static final List<Class<?>> PREFERENCE = List.of(boolean.class, Boolean.class, byte.class, Byte.class,
        short.class, Short.class, int.class, Integer.class, long.class, Long.class, BigInteger.class, float.class,
        Float.class, double.class, Double.class, BigDecimal.class, Number.class, char.class, Character.class,
        byte[].class, String.class, Enum.class, Object[].class, List.class, Collection.class, Iterable.class, Map.class,
        Object.class);

    private final Class<?> owner;
    private final String name;
    private final List<Method> overloads = new ArrayList<>();
    private final Object receiver;

    private Handler(Class<?> owner, String name) throws ReflectiveOperationException, RefusedException {
        boolean instance = false;
        this.owner = owner;
        this.name = name;
        for (Method m : owner.getMethods())
            if (m.getName().equals(name) && !m.isBridge() && !m.isSynthetic()) {
                overloads.add(m);
                instance |= !Modifier.isStatic(m.getModifiers());
            }
        if (overloads.isEmpty())
            throw new RefusedException(owner.getName() + " has no public method " + name);
        overloads.sort(Comparator.comparing(Handler::rank).thenComparing(Method::toGenericString));
        for (Method m : overloads)
            m.setAccessible(true); /* of a class that is not public */
        receiver = instance ? owner.getConstructor().newInstance() : null;
    }

    /** Two letters for each parameter: its place in PREFERENCE. */
    private static String rank(Method m) {
        StringBuilder rank = new StringBuilder();
        for (Class<?> type : m.getParameterTypes()) {
            int place = PREFERENCE.indexOf(type.isEnum() ? Enum.class
                : type.isArray() && type != byte[].class ? Object[].class : type);
            rank.append(String.format("%02d", place < 0 ? PREFERENCE.size() : place));
        }
        return rank.toString();
    }

    /** Of "package.Class" (its method {@code handle}) or "package.Class.method". Initializes the class. */
    static Handler of(String name, ClassLoader loader) throws RefusedException {
        int dot = name.lastIndexOf('.');
        try {
            Class<?> whole = find(name, loader);
            if (whole != null)
                return new Handler(whole, "handle");
            Class<?> owner = dot > 0 ? find(name.substring(0, dot), loader) : null;
            if (owner != null)
                return new Handler(owner, name.substring(dot + 1));
        } catch (InvocationTargetException e) {
            throw new RefusedException("the handler's class cannot be constructed: " + e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new RefusedException("a handler that is not static needs a public constructor without parameters: " + e);
        } catch (InaccessibleObjectException e) {
            throw new RefusedException("the handler's class is its module's own: " + e.getMessage());
        } catch (LinkageError e) {
            throw new RefusedException("the handler's class cannot be loaded: " + (e.getCause() != null ? e.getCause() : e));
        }
        throw new RefusedException("there is no class " + name + (dot > 0 ? ", nor " + name.substring(0, dot) : ""));
    }

    private static Class<?> find(String name, ClassLoader loader) {
        try {
            return Class.forName(name, true, loader);
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    /** @throws Throwable the handler's own */
    byte[] call(byte[] message) throws Throwable {
        for (Method m : overloads)
            if (m.getParameterCount() == 1 && m.getParameterTypes()[0] == byte[].class && m.getReturnType() == byte[].class) {
                byte[] answer = (byte[]) invoke(m, new Object[] {message});
                return answer != null ? answer : new byte[0];
            }
        throw new RefusedException(owner.getName() + "." + name + " is no byte[] " + name + "(byte[]): call it with --json");
    }

    /** The arguments as a JSON array, or one argument that is no array; the result as JSON. */
    byte[] callJson(byte[] message) throws Throwable {
        Object given = parse(message);
        List<?> arguments = given instanceof List<?> list ? list : Collections.singletonList(given);
        String why = null;
        for (Method m : overloads) {
            if (m.getParameterCount() != arguments.size())
                continue;
            Object[] converted;
            try {
                converted = convert(m.getGenericParameterTypes(), arguments);
            } catch (Conversion.MismatchException e) {
                why = why == null ? e.getMessage() : why;
                continue;
            }
            return toJson(invoke(m, converted));
        }
        throw new RefusedException(owner.getName() + "." + name + ": " + (why != null ? why : "no method of that name has "
            + arguments.size() + (arguments.size() == 1 ? " parameter" : " parameters")));
    }

    private static Object parse(byte[] message) throws RefusedException {
        try {
            return Json.parse(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(message)).toString());
        } catch (CharacterCodingException e) {
            throw new RefusedException("the arguments are no UTF-8");
        } catch (Json.SyntaxException e) {
            throw new RefusedException("the arguments are no JSON: " + e.getMessage());
        }
    }

    private static Object[] convert(Type[] types, List<?> arguments) throws Conversion.MismatchException {
        Object[] converted = new Object[types.length];
        for (int i = 0; i < types.length; i++)
            converted[i] = Conversion.toJava(arguments.get(i), types[i]);
        return converted;
    }

    private static byte[] toJson(Object result) throws RefusedException {
        StringBuilder text = new StringBuilder();
        try {
            Json.write(text, Conversion.toJson(result));
        } catch (Conversion.MismatchException e) {
            throw new RefusedException(e.getMessage());
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private Object invoke(Method m, Object[] arguments) throws Throwable {
        try {
            return m.invoke(receiver, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
