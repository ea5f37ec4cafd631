import java.lang.reflect.*;
import java.util.*;

/** Dynamic proxies: dispatch, primitives, Object's methods, exceptions, default methods. */
public class ReflectProxy {
    interface Calculator { int add(int a, int b); double mean(double... values); long big(long a, byte b, char c, boolean d, float e, short f); }
    public interface Greeter { default String greet(String name) { return "Hello, " + name + suffix(); } String suffix(); }
    interface Risky { void risk() throws java.io.IOException; }

    static Object run(java.util.concurrent.Callable<?> c) {
        try {
            return c.call();
        } catch (Throwable e) {
            return e + " cause " + e.getCause();
        }
    }

    public static void main(String[] args) throws Exception {
        List<String> calls = new ArrayList<>();
        InvocationHandler handler = (proxy, method, a) -> {
            calls.add(method.getDeclaringClass().getSimpleName() + "." + method.getName() + (a == null ? "()" : Arrays.deepToString(a)));
            switch (method.getName()) {
                case "add": return (Integer) a[0] + (Integer) a[1];
                case "mean": return Arrays.stream((double[]) a[0]).average().orElse(0);
                case "big": return (Long) a[0] + (Byte) a[1] + (Character) a[2] + ((Boolean) a[3] ? 1 : 0) + (long) (float) (Float) a[4] + (Short) a[5];
                case "suffix": return "!";
                case "greet": return InvocationHandler.invokeDefault(proxy, method, a);
                case "risk": throw new java.io.IOException("risky");
                case "hashCode": return 17;
                case "equals": return proxy == a[0];
                case "toString": return "a proxy";
                default: return null;
            }
        };
        ClassLoader loader = ReflectProxy.class.getClassLoader();
        Calculator calculator = (Calculator) Proxy.newProxyInstance(loader, new Class<?>[] {Calculator.class, Risky.class}, handler);
        System.out.println(calculator.add(2, 3) + " " + calculator.mean(1, 2, 6) + " " + calculator.big(1, (byte) 2, 'c', true, 4.5f, (short) 6));
        System.out.println(calculator.hashCode() + " " + calculator.equals(calculator) + " " + calculator.equals("x") + " " + calculator);
        System.out.println(run(() -> { ((Risky) calculator).risk(); return null; }));
        Greeter greeter = (Greeter) Proxy.newProxyInstance(loader, new Class<?>[] {Greeter.class}, handler);
        System.out.println(greeter.greet("proxy"));
        System.out.println(calls);
        System.out.println(Proxy.isProxyClass(calculator.getClass()) + " " + Modifier.toString(calculator.getClass().getModifiers()) + " "
            + Proxy.getInvocationHandler(calculator).equals(handler) + " " + Arrays.toString(calculator.getClass().getInterfaces()));
        Calculator wrong = (Calculator) Proxy.newProxyInstance(loader, new Class<?>[] {Calculator.class}, (p, m, a) -> "text");
        System.out.println(run(() -> wrong.add(1, 2)).toString().replaceAll("\\(.*\\)", ""));
        Calculator none = (Calculator) Proxy.newProxyInstance(loader, new Class<?>[] {Calculator.class}, (p, m, a) -> null);
        System.out.println(run(() -> none.add(1, 2)).getClass().getSimpleName());
        Runnable checked = (Runnable) Proxy.newProxyInstance(loader, new Class<?>[] {Runnable.class}, (p, m, a) -> { throw new Exception("checked"); });
        System.out.println(run(() -> { checked.run(); return null; }));
        System.out.println(run(() -> Proxy.newProxyInstance(loader, new Class<?>[] {String.class}, handler)));
        System.out.println(run(() -> Proxy.newProxyInstance(loader, new Class<?>[] {Runnable.class, Runnable.class}, handler)));
        System.out.println(Proxy.newProxyInstance(loader, new Class<?>[] {Greeter.class}, handler).getClass() == greeter.getClass());
    }
}
