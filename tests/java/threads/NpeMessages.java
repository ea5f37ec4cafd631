import java.lang.reflect.*;
import java.util.*;

/** The messages of NullPointerExceptions (JEP 358), with names of local variables and without. */
public class NpeMessages {
    /** Loads NpeCases again, with its LocalVariable(Type)Tables renamed out of sight when `strip` is set. */
    static class Copy extends ClassLoader {
        final boolean strip;
        Copy(boolean strip) { super(NpeMessages.class.getClassLoader()); this.strip = strip; }
        @Override protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("NpeCases"))
                return super.loadClass(name, resolve);
            Class<?> c = findLoadedClass(name);
            return c != null ? c : define(name);
        }
        private Class<?> define(String name) throws ClassNotFoundException {
            try (var in = NpeMessages.class.getResourceAsStream(name + ".class")) {
                byte[] b = in.readAllBytes();
                byte[] from = "LocalVariableT".getBytes();
                for (int i = 0; strip && i + from.length < b.length; i++)
                    if (Arrays.equals(b, i, i + from.length, from, 0, from.length))
                        b[i] = 'x';
                return defineClass(name, b, 0, b.length);
            } catch (java.io.IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    static Object zero(Class<?> type) {
        return type == int.class ? (Object) 0 : type == long.class ? (Object) 0L : type == double.class ? (Object) 0.0 : null;
    }

    static void run(Class<?> cases) throws Exception {
        Constructor<?> make = cases.getDeclaredConstructor();
        make.setAccessible(true);
        Method[] methods = cases.getDeclaredMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName));
        for (Method m : methods) {
            if (!m.getName().matches("[a-i]\\d\\d"))
                continue;
            m.setAccessible(true);
            Object[] args = Arrays.stream(m.getParameterTypes()).map(NpeMessages::zero).toArray();
            if (m.isVarArgs())
                args = new Object[] {new Object[1]};
            try {
                m.invoke(make.newInstance(), args);
                System.out.println(m.getName() + " no exception");
            } catch (InvocationTargetException e) {
                Throwable t = e.getCause();
                System.out.println(m.getName() + " " + t.getStackTrace()[0].getMethodName() + ": " + t.getMessage());
            }
        }
    }

    public static void main(String[] args) throws Exception {
        System.out.println("== with names");
        run(new Copy(false).loadClass("NpeCases"));
        System.out.println("== without names");
        run(new Copy(true).loadClass("NpeCases"));
    }
}
