// The order and the triggers of class initialization (JLS 12.4), instance initializers, and initialization by many threads.
public class LangInitOrder {
    static int say(String s, int v) {
        System.out.println("init " + s);
        return v;
    }

    static class Top {
        static int a = say("Top.a", 1);
        int x = say("Top.x", 2);
        { say("Top block", 0); }
        Top() { this(say("Top() argument", 3)); say("Top()", 0); }
        Top(int i) { say("Top(int)", i); hook(); }
        void hook() { say("Top.hook", 0); }
        static { say("Top static", 0); }
    }

    static class Middle extends Top implements WithDefault, WithoutDefault {
        static int b = say("Middle.b", 4);
        int y = say("Middle.y", 5);
        String text = "set";
        final int blank;
        { blank = y + 1; }
        @Override void hook() { System.out.println("Middle.hook sees " + y + text + blank); }
    }

    static class Bottom extends Middle {
        static final int CONSTANT = 77;
        static final String NAME = "constant";
        static final Integer BOXED = say("Bottom.BOXED", 78);
        static int plain = say("Bottom.plain", 79);
        static void touch() { }
    }

    interface WithDefault {
        int I = say("WithDefault.I", 6);
        default void d() { }
    }

    interface WithoutDefault {
        int J = say("WithoutDefault.J", 7);
    }

    interface Child extends WithoutDefault {
        int K = say("Child.K", 8);
        int CONST = 9;
    }

    static class ByArray { static { say("ByArray", 0); } }
    static class ByCast { static { say("ByCast", 0); } }
    static class ByClassLiteral { static { say("ByClassLiteral", 0); } }
    static class ByForName { static { say("ByForName", 0); } }
    static class ByReflection { static { say("ByReflection", 0); } static void m() { say("called", 0); } }
    static class ByHandle { static { say("ByHandle", 0); } static int f = 3; }
    static class BySubField extends ByParentField { static { say("BySubField", 0); } }
    static class ByParentField { static { say("ByParentField", 0); } static int field = 5; }
    enum Order { FIRST(1), SECOND(2) { { say("SECOND body", 0); } };
        static final int COUNT = say("Order.COUNT", values().length);
        Order(int i) { say("Order " + i, i); } }

    static class Cycle1 { static int v = Cycle2.v + 1; static { System.out.println("Cycle1 " + v + " " + Cycle2.v); } }
    static class Cycle2 { static int v = Cycle1.v + 10; static { System.out.println("Cycle2 " + v + " " + Cycle1.v); } }
    static class SelfUse { static SelfUse one = new SelfUse(); static int count = 5; int seen = count; SelfUse() { count++; } }

    static class Slow {
        static int value;
        static {
            try { Thread.sleep(50); } catch (InterruptedException e) { throw new RuntimeException(e); }
            value = 42;
            say("Slow", 0);
        }
    }

    public static void main(String[] args) throws Throwable {
        System.out.println(Bottom.CONSTANT + Bottom.NAME + Child.CONST);
        System.out.println("-- static through subclass");
        System.out.println(BySubField.field);
        System.out.println("-- static call");
        Bottom.touch();
        System.out.println("-- instance");
        new Bottom();
        new Middle(); 
        System.out.println("-- interface fields");
        System.out.println(Child.K);
        System.out.println(Child.J);
        System.out.println("-- not initialized");
        ByArray[] array = new ByArray[3];
        Object o = null;
        ByCast cast = (ByCast) o;
        System.out.println(ByClassLiteral.class.getSimpleName() + (o instanceof ByCast) + array.length + cast);
        Class.forName("LangInitOrder$ByForName", false, LangInitOrder.class.getClassLoader());
        System.out.println("-- initialized");
        new ByArray();
        Class.forName("LangInitOrder$ByForName");
        ByReflection.class.getDeclaredMethod("m").invoke(null);
        var lookup = java.lang.invoke.MethodHandles.lookup();
        var getter = lookup.findStaticGetter(ByHandle.class, "f", int.class);
        System.out.println("handle found");
        System.out.println((int) getter.invokeExact());
        lookup.ensureInitialized(ByCast.class);
        System.out.println(Order.COUNT + " " + Order.SECOND.getClass() + " " + Order.SECOND.getDeclaringClass());
        System.out.println(Cycle1.v + " " + Cycle2.v);
        System.out.println(SelfUse.count + " " + SelfUse.one.seen);
        Thread[] threads = new Thread[8];
        int[] seen = new int[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int id = t;
            threads[t] = new Thread(() -> seen[id] = Slow.value);
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println(java.util.Arrays.toString(seen));
    }
}
