import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;

/** What the collector costs: binary trees of depth 18, and 500 MB of live objects under 500 MB of garbage. */
public class Heap {
    public static void main(String[] args) {
        if (args[0].equals("trees")) {
            Bench.run("trees18", (1L << 19) - 1, () -> Game.Tree.of(18).check());
        } else {
            live();
        }
    }

    static final class Node {
        Node a, b;
        long payload;
    }

    static Node tree(int depth) {
        Node n = new Node();
        if (depth > 0) {
            n.a = tree(depth - 1);
            n.b = tree(depth - 1);
        }
        return n;
    }

    static int depth(Node n) {
        return n == null ? 0 : 1 + depth(n.a);
    }

    static void live() {
        Node[] roots = new Node[12];
        for (int i = 0; i < roots.length; i++) {
            roots[i] = tree(19); /* 2^20 objects of 40 bytes */
        }
        long before = gcMillis();
        long start = System.nanoTime();
        long longest = 0, last = start, sum = 0;
        for (int i = 0; i < 12_500_000; i++) {
            Node n = new Node();
            n.payload = i;
            sum += n.payload & 1;
            long now = System.nanoTime();
            longest = Math.max(longest, now - last);
            last = now;
        }
        long time = System.nanoTime() - start;
        for (Node r : roots) {
            if (depth(r) != 20) {
                throw new AssertionError();
            }
        }
        if (sum != 6_250_000) {
            throw new AssertionError();
        }
        System.out.println("BENCH live500_garbage500 " + time / 1000);
        System.out.println("BENCH live500_longest_pause " + longest / 1000);
        System.out.println("BENCH live500_collecting " + (gcMillis() - before) * 1000);
    }

    static long gcMillis() {
        long sum = 0;
        for (GarbageCollectorMXBean b : ManagementFactory.getGarbageCollectorMXBeans()) {
            sum += b.getCollectionTime();
        }
        return sum;
    }
}
