// Large and deeply linked data kept through collections: long lists, big maps, wide arrays, deep nesting, exception chains.
import java.io.*;
import java.util.*;
import java.util.concurrent.ConcurrentHashMap;

public class LimitGraphs {
    static final class Link { Link next, back; final int id; Link(int id, Link next) { this.id = id; this.next = next; if (next != null) next.back = this; } }

    static void longList() {
        Link head = null;
        for (int i = 0; i < 300_000; i++) head = new Link(i, head);
        System.gc();
        long sum = 0;
        int n = 0;
        for (Link l = head; l != null; l = l.next) {
            sum += l.id;
            if (l.next != null && l.next.back != l) throw new AssertionError(l.id);
            n++;
        }
        System.out.println(n + " " + sum);
    }

    static void nesting() {
        Object nested = "core";
        for (int i = 0; i < 200_000; i++) nested = new Object[] {nested};
        System.gc();
        int depth = 0;
        while (nested instanceof Object[] a) {
            nested = a[0];
            depth++;
        }
        System.out.println(depth + " " + nested);
        List<Object> lists = new ArrayList<>();
        for (int i = 0; i < 1000; i++) lists = new ArrayList<>(List.of(lists));
        System.out.println(lists.toString().length() + " " + lists.hashCode());
    }

    static void maps() {
        Map<Integer, String> hash = new HashMap<>(), tree = new TreeMap<>(), linked = new LinkedHashMap<>(), concurrent = new ConcurrentHashMap<>();
        for (int i = 0; i < 10_000; i++) {
            int k = i * 7919 % 100_003;
            for (Map<Integer, String> m : List.of(hash, tree, linked, concurrent)) m.put(k, "v" + i);
        }
        for (int i = 0; i < 10_000; i += 2) for (Map<Integer, String> m : List.of(hash, tree, linked, concurrent)) m.remove(i * 7919 % 100_003);
        System.out.println(hash.size() + " " + hash.equals(tree) + " " + tree.equals(linked) + " " + linked.equals(concurrent) + " " + hash.hashCode() + " " + tree.keySet().iterator().next());
        PriorityQueue<Long> queue = new PriorityQueue<>(Comparator.reverseOrder());
        Random random = new Random(42);
        for (int i = 0; i < 20_000; i++) queue.add(random.nextLong());
        long check = 0;
        while (!queue.isEmpty()) check = check * 31 + queue.poll();
        System.out.println(check);
        BitSet bits = new BitSet(1_000_000);
        for (int i = 0; i < 1_000_000; i += 17) bits.set(i);
        System.out.println(bits.cardinality() + " " + bits.nextClearBit(999_991) + " " + bits.length());
    }

    static void arrays() {
        int[] large = new int[1_000_000];
        for (int i = 0; i < large.length; i++) large[i] = i * 31 ^ i >>> 3;
        int[] copy = large.clone();
        Arrays.sort(copy, 0, 50_000);
        System.out.println(Arrays.hashCode(large) + " " + Arrays.hashCode(copy) + " " + Arrays.equals(large, large.clone()) + " " + Arrays.mismatch(large, copy));
        String[][] text = new String[300][300];
        for (int i = 0; i < 300; i++) for (int j = 0; j < 300; j++) text[i][j] = i + ":" + j;
        System.gc();
        System.out.println(Arrays.deepHashCode(text) + " " + text[299][299]);
        Object[] wide = new Object[200_000];
        for (int i = 0; i < wide.length; i++) wide[i] = i % 3 == 0 ? (Object) i : i % 3 == 1 ? (Object) (long) i : null;
        System.gc();
        long sum = 0;
        for (Object o : wide) if (o instanceof Number n) sum += n.longValue();
        System.out.println(sum);
    }

    static void exceptions() {
        Throwable t = null;
        for (int i = 0; i < 2000; i++) t = new RuntimeException("level " + i, t);
        int n = 0;
        for (Throwable c = t; c != null; c = c.getCause()) n++;
        StringWriter w = new StringWriter();
        t.printStackTrace(new PrintWriter(w));
        System.out.println(n + " " + w.toString().lines().filter(l -> l.startsWith("Caused by")).count() + " " + t.getMessage());
        Throwable s = new Exception("top");
        for (int i = 0; i < 1000; i++) s.addSuppressed(new Exception("suppressed " + i));
        System.out.println(s.getSuppressed().length + " " + s.getSuppressed()[999].getMessage());
    }

    static void serialization() throws Exception {
        List<Object> data = new ArrayList<>();
        for (int i = 0; i < 1000; i++) data.add(i % 2 == 0 ? (Serializable) Map.of("k" + i, new int[] {i, i + 1}) : new ArrayList<>(List.of("s" + i, i, (long) i, i / 2.0)));
        data.add(data);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(data);
        }
        List<?> back = (List<?>) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        System.out.println(bytes.size() + " " + back.size() + " " + back.get(999) + " " + (back.get(1000) == back) + " " + ((int[]) ((Map<?, ?>) back.get(10)).get("k10"))[1]);
    }

    public static void main(String[] args) throws Exception {
        longList();
        nesting();
        maps();
        arrays();
        exceptions();
        serialization();
    }
}
