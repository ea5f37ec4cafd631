// Inner, nested, local and anonymous classes: captured variables, outer chains, private nestmate access, qualified this.
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

public class LangInner {
    private int secret = 1;
    private static long total = 1L << 33;
    private String hidden(int n) { return "hidden" + n + secret; }

    class Inner {
        private int secret = 2;
        class Innermost {
            private double secret = 3.5;
            String all() {
                LangInner.this.secret += 10;
                Inner.this.secret *= 3;
                total++;
                return LangInner.this.secret + " " + Inner.this.secret + " " + secret + " " + hidden(4) + " " + total;
            }
            private class Last extends Inner {
                String chain() { return super.secret + ":" + Inner.this.secret + ":" + LangInner.this.secret; }
            }
        }
    }

    static class Nested {
        private final List<String> log = new ArrayList<>();
        private Nested() { log.add("private constructor"); }
        private static Nested make() { return new Nested(); }
        private void note(String s) { log.add(s); }
        private record Pair(int a, int b) { private int sum() { return a + b; } }
    }

    class Sub extends Inner {
        Sub(LangInner outer) { outer.super(); }
        int sum() { return ((Inner) this).secret + secret; }
    }

    Supplier<String> local(int a, long b, double c, String d, int[] e, byte f) {
        int computed = a * 2;
        class Local implements Supplier<String> {
            final int own = computed + 1;
            int calls;
            public String get() { calls++; e[0]++; return a + " " + b + " " + c + " " + d + " " + e[0] + " " + f + " " + own + calls + secret; }
            Local again() { return new Local(); }
        }
        Local l = new Local();
        l.get();
        return new Local().again();
    }

    static IntUnaryOperator[] adders(int n) {
        IntUnaryOperator[] result = new IntUnaryOperator[n];
        for (int i = 0; i < n; i++) {
            int k = i;
            result[i] = new IntUnaryOperator() {
                int state = k;
                { state += 100; }
                public int applyAsInt(int x) { return state++ + x * k; }
            };
        }
        return result;
    }

    abstract static class Template {
        final String made;
        Template(String prefix) { made = prefix + piece() + piece(); }
        abstract String piece();
    }

    public static void main(String[] args) {
        LangInner outer = new LangInner();
        Inner inner = outer.new Inner();
        Inner.Innermost innermost = inner.new Innermost();
        System.out.println(innermost.all());
        System.out.println(innermost.all());
        System.out.println(innermost.new Last().chain());
        System.out.println(inner.secret + innermost.secret + outer.secret + new LangInner().secret);
        Nested n = Nested.make();
        n.note("noted");
        System.out.println(n.log + " " + new Nested.Pair(3, 4).sum() + " " + outer.new Sub(new LangInner()).sum());
        int[] shared = {0};
        Supplier<String> s = outer.local(1, 2L << 40, 3.5, "four", shared, (byte) 6);
        System.out.println(s.get());
        System.out.println(s.get() + " " + shared[0]);
        for (IntUnaryOperator op : adders(3)) System.out.print(op.applyAsInt(10) + " " + op.applyAsInt(10) + " ");
        System.out.println();
        String captured = "cap";
        Template t = new Template("<") {
            int count;
            @Override String piece() { return captured + count++; }
        };
        System.out.println(t.made);
        try {
            Inner none = null;
            none.new Innermost();
        } catch (NullPointerException e) {
            System.out.println("null outer");
        }
        Object anonymous = new Object() { int x = 5; @Override public String toString() { return "anonymous " + x; } };
        System.out.println(anonymous);
        var typed = new Object() { int a = 1; int b() { return a + 1; } };
        System.out.println(typed.a + typed.b());
        class LocalInMain { class Deep { Object o = new Object() { }; } }
        for (Class<?> c : List.of(Inner.class, Inner.Innermost.class, Nested.class, anonymous.getClass(), s.getClass(),
                                  new LocalInMain().new Deep().o.getClass(), LocalInMain.class, t.getClass())) {
            System.out.println(c.getName() + " simple '" + c.getSimpleName() + "' enclosing " + c.getEnclosingClass() + " "
                + c.getEnclosingMethod() + " declaring " + c.getDeclaringClass() + " host " + c.getNestHost().getSimpleName()
                + " " + c.isAnonymousClass() + c.isLocalClass() + c.isMemberClass() + " " + c.getCanonicalName());
        }
        System.out.println(Nested.class.isNestmateOf(Inner.Innermost.class) + " " + Nested.class.isNestmateOf(String.class));
        System.out.println(Arrays.stream(LangInner.class.getNestMembers()).map(Class::getName).sorted().toList());
        System.out.println(Arrays.stream(LangInner.class.getDeclaredClasses()).map(Class::getSimpleName).sorted().toList());
    }
}
