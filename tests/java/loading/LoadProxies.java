// Dynamic proxies in different loaders: names, default methods, exceptions, Object methods, interfaces not visible or conflicting.
import java.lang.reflect.*;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;

public class LoadProxies {
    public interface Calc { int add(int a, long b, double c, byte d); default String hello(String n) { return "hello " + n; } void checked() throws java.io.IOException; }
    interface Secret { boolean flag(char c, float f, short s, Object o, int[] array); }
    interface A { Object get(); }
    interface B { String get(); }
    interface C { int get(); }

    static void attempt(String what, Callable<?> c) {
        try {
            System.out.println(what + ": " + c.call());
        } catch (Throwable e) {
            System.out.println(what + ": " + ClassBytes.clean(e) + (e.getCause() == null ? "" : " / " + ClassBytes.clean(e.getCause())));
        }
    }

    static Object run(Object proxy, Method m, Object[] args) throws Throwable {
        System.out.println("  " + m.getDeclaringClass().getSimpleName() + "." + m.getName() + " " + Arrays.deepToString(args));
        switch (m.getName()) {
            case "add": return ((Integer) args[0]) + ((Long) args[1]).intValue() + ((Double) args[2]).intValue() + (Byte) args[3];
            case "hello": return InvocationHandler.invokeDefault(proxy, m, args) + "!";
            case "checked": throw new java.io.IOException("allowed");
            case "flag": return (Character) args[0] == 'y';
            case "toString": return "a proxy";
            case "hashCode": return 77;
            case "equals": return proxy == args[0];
            case "get": return "got";
            case "call": throw new Exception("declared");
            case "run": throw new Exception("undeclared");
            case "compare": return null;
            case "size": return "not an int";
            default: return null;
        }
    }

    public static void main(String[] args) throws Throwable {
        InvocationHandler h = LoadProxies::run;
        ClassLoader app = LoadProxies.class.getClassLoader();
        Calc calc = (Calc) Proxy.newProxyInstance(app, new Class<?>[] {Calc.class, Runnable.class}, h);
        System.out.println(calc.add(1, 2L, 3.9, (byte) 4) + " " + calc.hello("you") + " " + calc + " " + calc.hashCode() + " " + calc.equals(calc) + " " + calc.equals(null));
        attempt("checked", () -> { calc.checked(); return 0; });
        attempt("undeclared", () -> { ((Runnable) calc).run(); return 0; });
        Secret s = (Secret) Proxy.newProxyInstance(app, new Class<?>[] {Secret.class}, h);
        System.out.println(s.flag('y', 1.5f, (short) 2, null, null) + " " + s.flag('n', 0, (short) 0, "o", new int[0]));
        attempt("null for int", () -> ((java.util.Comparator<?>) Proxy.newProxyInstance(app, new Class<?>[] {java.util.Comparator.class}, h)).compare(null, null));
        attempt("string for int", () -> ((List<?>) Proxy.newProxyInstance(app, new Class<?>[] {List.class}, h)).size());
        attempt("callable", () -> ((Callable<?>) Proxy.newProxyInstance(app, new Class<?>[] {Callable.class}, h)).call());
        attempt("covariant", () -> ((B) Proxy.newProxyInstance(app, new Class<?>[] {A.class, B.class}, h)).get());
        attempt("conflicting", () -> Proxy.newProxyInstance(app, new Class<?>[] {A.class, C.class}, h));
        attempt("class", () -> Proxy.newProxyInstance(app, new Class<?>[] {String.class}, h));
        attempt("twice", () -> Proxy.newProxyInstance(app, new Class<?>[] {A.class, A.class}, h));
        attempt("primitive", () -> Proxy.newProxyInstance(app, new Class<?>[] {int.class}, h));
        attempt("null handler", () -> Proxy.newProxyInstance(app, new Class<?>[] {A.class}, null));
        attempt("invisible", () -> Proxy.newProxyInstance(null, new Class<?>[] {Calc.class}, h));
        attempt("boot", () -> Proxy.newProxyInstance(null, new Class<?>[] {Runnable.class}, h).getClass().getClassLoader());
        attempt("sealed", () -> Proxy.newProxyInstance(app, new Class<?>[] {java.lang.constant.ConstantDesc.class}, h));
        ClassBytes.Loader own = new ClassBytes.Loader("own", app, new ClassBytes("public interface", "pack/Own", "java/lang/Object").method("public abstract", "get", "()Ljava/lang/String;", null),
            new ClassBytes("package interface", "hidden/Own", "java/lang/Object").method("public abstract", "get", "()Ljava/lang/String;", null),
            new ClassBytes("package interface", "hidden2/Own", "java/lang/Object").method("public abstract", "get", "()Ljava/lang/String;", null));
        Class<?> publicOwn = own.loadClass("pack.Own"), hiddenOwn = own.loadClass("hidden.Own"), hidden2 = own.loadClass("hidden2.Own");
        for (Class<?>[] set : new Class<?>[][] {{publicOwn}, {hiddenOwn}, {hiddenOwn, publicOwn}, {Calc.class}, {Secret.class}, {Runnable.class}, {hiddenOwn, hidden2}}) {
            attempt(Arrays.toString(set), () -> {
                Object p = Proxy.newProxyInstance(own, set, h);
                Class<?> c = p.getClass();
                return c.getPackageName() + " " + c.getSimpleName().replaceAll("[0-9]+", "N") + " " + (c.getClassLoader() == own) + " " + Modifier.toString(c.getModifiers()) + " "
                    + Proxy.isProxyClass(c) + " " + (Proxy.getInvocationHandler(p) == h) + " " + c.getModule().isNamed() + " " + Arrays.toString(c.getInterfaces());
            });
        }
        System.out.println(Proxy.newProxyInstance(app, new Class<?>[] {A.class}, h).getClass() == Proxy.newProxyInstance(app, new Class<?>[] {A.class}, h).getClass());
        System.out.println(Proxy.newProxyInstance(app, new Class<?>[] {A.class, Runnable.class}, h).getClass() == Proxy.newProxyInstance(app, new Class<?>[] {Runnable.class, A.class}, h).getClass());
        attempt("not a proxy", () -> Proxy.getInvocationHandler("x"));
        for (Method m : Arrays.stream(calc.getClass().getDeclaredMethods()).sorted(java.util.Comparator.comparing(Method::getName)).toList()) {
            System.out.println(m.getName() + " " + Arrays.toString(m.getParameterTypes()) + " " + m.getReturnType() + " " + Arrays.toString(m.getExceptionTypes()) + " " + Modifier.toString(m.getModifiers()));
        }
    }
}
