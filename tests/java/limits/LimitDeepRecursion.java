// Recursion over more than 5,000 frames that must succeed, deep object graphs walked by it, and large thread stacks.
import java.util.ArrayList;
import java.util.List;

public class LimitDeepRecursion {
    static int sum(int n) { return n == 0 ? 0 : n + sum(n - 1); }
    static long wide(int n, long a, double b, Object o, String s) { return n == 0 ? a : wide(n - 1, a + n, b / 2, s, o.toString()) + 1; }
    static boolean even(int n) { return n == 0 || odd(n - 1); }
    static boolean odd(int n) { return n != 0 && even(n - 1); }
    static synchronized int locked(int n) { return n == 0 ? 0 : 1 + locked(n - 1); }
    static int guarded(int n) {
        try {
            return n == 0 ? 1 / n : guarded(n - 1);
        } finally {
            if (n == 6000) System.out.println("outermost finally");
        }
    }

    record Node(int value, Node next) { int total() { return value + (next == null ? 0 : next.total()); } }

    interface Visitor { int visit(Tree t); }
    static class Tree {
        final List<Tree> children = new ArrayList<>();
        int accept(Visitor v) { return v.visit(this); }
    }

    public static void main(String[] args) throws Exception {
        System.out.println(sum(6000) + " " + wide(5000, 0, 1, "o", "s") + " " + even(6000) + " " + odd(6000) + " " + locked(6000));
        try {
            guarded(6000);
        } catch (ArithmeticException e) {
            System.out.println(e.getMessage() + " " + e.getStackTrace().length + " " + e.getStackTrace()[1023].getMethodName());
        }
        Node list = null;
        for (int i = 0; i < 5000; i++) list = new Node(i, list);
        System.out.println(list.total());
        Tree root = new Tree(), at = root;
        for (int i = 0; i < 2000; i++) {
            Tree t = new Tree();
            at.children.add(t);
            at.children.add(new Tree());
            at = t;
        }
        Visitor[] count = new Visitor[1];
        count[0] = t -> {
            int n = 1;
            for (Tree c : t.children) n += c.accept(count[0]);
            return n;
        };
        System.out.println(root.accept(count[0]));
        int[] deep = new int[1];
        Thread big = new Thread(null, () -> deep[0] = sum(100_000), "big", 256L << 20);
        big.start();
        big.join();
        System.out.println(deep[0]);
        // A garbage collection with a deep stack of references.
        System.out.println(holding(3000));
        StackTraceElement[] trace = traceAt(5000);
        System.out.println(trace.length);
        System.out.println(StackWalker.getInstance().walk(s -> s.count()) + " " + walkAt(3000));
    }

    static int holding(int n) {
        int[] own = new int[100];
        own[n % 100] = n;
        if (n == 0) {
            for (int i = 0; i < 50; i++) new ArrayList<>(List.of(new byte[100_000]));
            System.gc();
            return 0;
        }
        int below = holding(n - 1);
        return below + own[n % 100] - n + 1;
    }

    static StackTraceElement[] traceAt(int n) { return n == 0 ? new Throwable().getStackTrace() : traceAt(n - 1); }
    static long walkAt(int n) { return n == 0 ? StackWalker.getInstance().walk(s -> s.filter(f -> f.getMethodName().equals("walkAt")).count()) : walkAt(n - 1); }
}
