import java.lang.invoke.*;
import java.lang.reflect.*;

/* What goes wrong with method handles, and in which words. */
public class MethodHandleErrors {
    private static final int FINAL = 1;
    int field;
    static void thrower() throws Exception { throw new java.io.IOException("from target"); }
    static int id(int x) { return x; }
    static class Other { private int hidden; private void invisible() { } static void stat() { } }
    interface Task { void run() throws Throwable; }

    static void attempt(String what, Task t) {
        try {
            t.run();
            System.out.println(what + ": ok");
        } catch (Throwable e) {
            System.out.println(what + ": " + e.toString().replaceAll("module @[0-9a-f]+", "module"));
            if (e.getCause() != null)
                System.out.println("  cause " + e.getCause());
        }
    }

    public static void main(String[] args) throws Throwable {
        MethodHandles.Lookup l = MethodHandles.lookup();
        MethodHandle id = l.findStatic(MethodHandleErrors.class, "id", MethodType.methodType(int.class, int.class));
        attempt("exact long", () -> { int x = (int) id.invokeExact(1L); });
        attempt("exact void", () -> id.invokeExact(1));
        attempt("exact none", () -> { int x = (int) id.invokeExact(); });
        attempt("generic string", () -> { Object o = id.invoke("x"); });
        attempt("generic null", () -> { Object o = id.invoke((Integer) null); });
        attempt("generic long", () -> { Object o = id.invoke(1L); });
        attempt("arguments", () -> id.invokeWithArguments(1, 2));
        attempt("cast", () -> id.invokeWithArguments("s"));
        attempt("null handle", () -> { MethodHandle n = null; int x = (int) n.invokeExact(1); });
        attempt("no method", () -> l.findStatic(MethodHandleErrors.class, "nosuch", MethodType.methodType(void.class)));
        attempt("wrong type", () -> l.findStatic(MethodHandleErrors.class, "id", MethodType.methodType(void.class)));
        attempt("static as virtual", () -> l.findVirtual(Other.class, "stat", MethodType.methodType(void.class)));
        attempt("virtual as static", () -> l.findStatic(Other.class, "invisible", MethodType.methodType(void.class)));
        attempt("no field", () -> l.findGetter(MethodHandleErrors.class, "nosuch", int.class));
        attempt("field type", () -> l.findGetter(MethodHandleErrors.class, "field", long.class));
        attempt("static getter of instance", () -> l.findStaticGetter(MethodHandleErrors.class, "field", int.class));
        attempt("getter of static", () -> l.findGetter(MethodHandleErrors.class, "FINAL", int.class));
        attempt("final setter", () -> l.findStaticSetter(MethodHandleErrors.class, "FINAL", int.class));
        attempt("no constructor", () -> l.findConstructor(MethodHandleErrors.class, MethodType.methodType(void.class, int.class)));
        attempt("public lookup", () -> MethodHandles.publicLookup().findStatic(MethodHandleErrors.class, "id", MethodType.methodType(int.class, int.class)));
        attempt("private in jdk", () -> l.findGetter(String.class, "value", byte[].class));
        attempt("private lookup", () -> MethodHandles.privateLookupIn(String.class, l));
        attempt("class", () -> l.findClass("no.such.Klass"));
        attempt("target throws", () -> l.findStatic(MethodHandleErrors.class, "thrower", MethodType.methodType(void.class)).invokeExact());
        attempt("as type", () -> id.asType(MethodType.methodType(int.class, String.class, int.class)));
        attempt("as type ref", () -> id.asType(MethodType.methodType(int.class, Thread.class)));
        attempt("null receiver", () -> l.findVirtual(String.class, "length", MethodType.methodType(int.class)).invoke((String) null));
        attempt("null getter", () -> l.findGetter(MethodHandleErrors.class, "field", int.class).invoke((MethodHandleErrors) null));
        attempt("wrong receiver", () -> l.findVirtual(String.class, "length", MethodType.methodType(int.class)).invoke((Object) 5));
        attempt("array", () -> MethodHandles.arrayElementGetter(int[].class).invoke(new int[1], 1));
        attempt("reflective", () -> MethodHandle.class.getMethod("invokeExact", Object[].class).invoke(id, (Object) new Object[] {1}));
        attempt("reflective invoke", () -> MethodHandle.class.getMethod("invoke", Object[].class).invoke(id, (Object) new Object[] {1}));
        attempt("reflective varhandle", () -> VarHandle.class.getMethod("get", Object[].class).invoke(l.findVarHandle(MethodHandleErrors.class, "field", int.class), (Object) new Object[0]));
        attempt("descriptor", () -> MethodType.fromMethodDescriptorString("(Lno/such/Thing;)V", null));
        attempt("bad descriptor", () -> MethodType.fromMethodDescriptorString("(Q)V", null));
        attempt("array clone", () -> l.findVirtual(int[].class, "clone", MethodType.methodType(Object.class)).invoke(new int[3]));
        attempt("filter", () -> MethodHandles.filterReturnValue(id, MethodHandles.identity(String.class)));
    }
}
