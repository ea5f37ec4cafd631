import java.util.*;
import java.util.concurrent.*;

/* The collections framework: order, iteration, views, failure. */
public class CollectionsTour {
    static void fails(String what, Runnable r) { try { r.run(); System.out.println(what + " succeeded"); } catch (RuntimeException e) { System.out.println(what + ": " + e); } }
    public static void main(String[] args) throws Exception {
        List<Integer> list = new ArrayList<>(List.of(5, 3, 8, 1));
        list.add(2, 99); list.remove(Integer.valueOf(8)); list.remove(0); list.addAll(1, List.of(7, 7)); list.removeIf(x -> x == 3); list.replaceAll(x -> x + 1);
        System.out.println(list + " " + list.indexOf(8) + " " + list.lastIndexOf(8) + " " + list.subList(1, 3) + " " + list.contains(100));
        ListIterator<Integer> it = list.listIterator();
        while (it.hasNext()) { int v = it.next(); if (v == 100) it.remove(); else if (v == 8) it.set(80); }
        it.add(0);
        System.out.println(list + " " + list.hashCode() + " " + list.equals(new LinkedList<>(list)));
        fails("concurrent", () -> { for (Integer i : list) list.add(i); });
        fails("index", () -> list.get(17));
        fails("immutable", () -> List.of(1).add(2));
        fails("null in of", () -> List.of(1, null));
        fails("duplicate", () -> Set.of(1, 1));
        fails("asList", () -> Arrays.asList(1, 2).add(3));
        fails("empty", () -> new ArrayDeque<>().pop());
        fails("iterator", () -> new ArrayList<>().iterator().next());
        fails("cast", () -> new TreeSet<Object>(List.of(1, "a")));
        fails("tree null", () -> new TreeMap<String, String>().put(null, ""));
        fails("checked", () -> { List raw = Collections.checkedList(new ArrayList<>(), String.class); raw.add(1); });
        Map<String, Integer> hash = new HashMap<>(), linked = new LinkedHashMap<>(16, .75f, true);
        for (int i = 0; i < 20; i++) { hash.put("k" + i * 7, i); linked.put("k" + i, i); }
        linked.get("k3"); linked.get("k0");
        System.out.println(hash);
        System.out.println(linked.keySet() + " " + hash.getOrDefault("zz", -1) + " " + hash.putIfAbsent("k7", 5) + " " + hash.compute("k7", (k, v) -> v == null ? 1 : v * 10) + " " + hash.computeIfPresent("nope", (k, v) -> 1) + " " + hash.merge("k14", 5, Integer::sum));
        TreeMap<Integer, String> tree = new TreeMap<>(Comparator.reverseOrder());
        for (int i = 0; i < 50; i += 3) tree.put(i, "t" + i);
        System.out.println(tree.headMap(40) + " " + tree.floorKey(10) + " " + tree.ceilingEntry(10) + " " + tree.firstKey() + " " + tree.pollLastEntry() + " " + tree.subMap(20, true, 10, true).descendingMap() + " " + tree.descendingKeySet().first());
        Deque<Integer> dq = new ArrayDeque<>();
        for (int i = 0; i < 20; i++) if (i % 2 == 0) dq.addFirst(i); else dq.addLast(i);
        System.out.println(dq + " " + dq.pollFirst() + " " + dq.peekLast() + " " + dq.removeLastOccurrence(5));
        PriorityQueue<String> pq = new PriorityQueue<>(Comparator.comparing(String::length).thenComparing(Comparator.naturalOrder()));
        Collections.addAll(pq, "ccc", "a", "bb", "aa", "dddd", "b");
        StringBuilder drained = new StringBuilder();
        while (!pq.isEmpty()) drained.append(pq.poll()).append(' ');
        System.out.println(drained);
        List<Integer> nums = new ArrayList<>();
        for (int i = 0; i < 12; i++) nums.add(i * 5 % 12);
        Collections.shuffle(nums, new Random(1)); System.out.print(nums + " ");
        Collections.sort(nums); Collections.rotate(nums, 3); Collections.swap(nums, 0, 1); Collections.reverse(nums);
        System.out.println(nums + " " + Collections.frequency(nums, 4) + " " + Collections.binarySearch(List.of(1, 3, 5), 4) + " " + Collections.nCopies(3, "x") + " " + Collections.disjoint(nums, List.of(50)));
        BitSet bits = new BitSet();
        bits.set(1, 5); bits.set(70); bits.flip(2);
        System.out.println(bits + " " + bits.cardinality() + " " + bits.nextClearBit(1) + " " + bits.length() + " " + Arrays.toString(bits.toLongArray()));
        IdentityHashMap<String, Integer> id = new IdentityHashMap<>();
        id.put(new String("a"), 1); id.put(new String("a"), 2);
        System.out.println(id.size() + " " + new HashSet<>(List.of("b", "a", "c")) + " " + new TreeSet<>(Set.of(3, 1, 2)).descendingSet() + " " + new LinkedHashSet<>(List.of(3, 1, 2)));
        ConcurrentHashMap<Integer, Integer> chm = new ConcurrentHashMap<>();
        Thread[] ts = new Thread[4];
        for (int t = 0; t < 4; t++) { ts[t] = new Thread(() -> { for (int i = 0; i < 2000; i++) chm.merge(i % 100, 1, Integer::sum); }); ts[t].start(); }
        for (Thread t : ts) t.join();
        System.out.println(chm.size() + " " + chm.reduceValues(1, Integer::sum) + " " + chm.search(10, (k, v) -> k == 42 ? v : null) + " " + chm.mappingCount());
        ConcurrentSkipListMap<String, Integer> skip = new ConcurrentSkipListMap<>(Map.of("m", 1, "a", 2, "z", 3));
        CopyOnWriteArrayList<Integer> cow = new CopyOnWriteArrayList<>(List.of(1, 2));
        for (int v : cow) cow.add(v + 10);
        System.out.println(skip + " " + skip.lowerKey("m") + " " + cow + " " + new ConcurrentLinkedDeque<>(List.of(1, 2)).pollLast());
        BlockingQueue<Integer> bq = new ArrayBlockingQueue<>(2);
        System.out.println(bq.offer(1) + " " + bq.offer(2) + " " + bq.offer(3) + " " + bq.offer(4, 1, TimeUnit.MILLISECONDS) + " " + bq.poll() + " " + bq.remainingCapacity());
        Object[] objects = {3, "s", null, 2.5};
        Integer[] boxed = {3, 1, 2};
        Arrays.sort(boxed, Collections.reverseOrder());
        System.out.println(Arrays.toString(objects) + Arrays.toString(boxed) + Arrays.toString(Arrays.copyOfRange(boxed, 1, 5)) + Arrays.compare(new int[] {1, 2}, new int[] {1, 3}) + Arrays.mismatch(new byte[] {1, 2}, new byte[] {1, 2, 3}) + Arrays.equals(boxed, new Integer[] {3, 2, 1}));
        long[] big = new Random(9).longs(3000).toArray();
        Arrays.sort(big);
        Map<Integer, String> collide = new HashMap<>();
        for (int i = 0; i < 100; i++) collide.put(i << 16, "c" + i);
        System.out.println(big[0] + " " + Arrays.binarySearch(big, big[1500]) + " " + collide.size() + " " + collide.get(77 << 16) + " " + Map.ofEntries(Map.entry("only", 1)) + " " + Collections.unmodifiableMap(new TreeMap<>(Map.of("b", 1, "a", 2))) + " " + new EnumMap<TimeUnit, Integer>(Map.of(TimeUnit.DAYS, 1)));
    }
}
