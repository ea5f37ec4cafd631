import java.util.*;
import java.util.function.*;
import java.util.stream.*;

/* Sequential and parallel streams. */
public class Streams {
    record Person(String name, int age, String city) { }

    static void show(Object o) { System.out.println(o); }

    public static void main(String[] args) {
        System.out.println(IntStream.rangeClosed(1, 10).filter(i -> i % 2 == 1).mapToObj(Integer::toString).collect(Collectors.joining(",", "[", "]")));
        List<Person> people = List.of(new Person("Ann", 30, "Oslo"), new Person("Bob", 25, "Rome"), new Person("Cid", 35, "Oslo"), new Person("Dee", 25, "Bern"), new Person("Eve", 41, "Rome"));
        show(people.stream().collect(Collectors.groupingBy(Person::city, TreeMap::new, Collectors.averagingInt(Person::age))));
        show(people.stream().collect(Collectors.partitioningBy(p -> p.age() > 28, Collectors.mapping(Person::name, Collectors.toList()))));
        System.out.println(people.stream().sorted(Comparator.comparingInt(Person::age).thenComparing(Person::name, Comparator.reverseOrder())).map(Person::name).toList());
        show(people.stream().collect(Collectors.toMap(Person::city, Person::age, Integer::sum, LinkedHashMap::new)));
        try { people.stream().collect(Collectors.toMap(Person::age, Person::name)); } catch (IllegalStateException e) { System.out.println(e.getMessage()); }
        System.out.println(people.stream().mapToInt(Person::age).summaryStatistics());
        show(people.stream().collect(Collectors.teeing(Collectors.counting(), Collectors.minBy(Comparator.comparing(Person::age)), (n, m) -> n + m.get().name())));
        show(Stream.iterate(1, x -> x < 500, x -> x * 3).map(x -> x + "").collect(Collectors.toCollection(ArrayDeque::new)));
        System.out.println(Stream.of("a,b", "c", "").flatMap(s -> Arrays.stream(s.split(","))).filter(Predicate.not(String::isEmpty)).reduce("", String::concat));
        System.out.println(Stream.of(1, 2, 3, 4).<Object>mapMulti((x, sink) -> { if (x % 2 == 0) { sink.accept(x); sink.accept("x" + x); } }).toList());
        System.out.println(Stream.of(5, 3, 5, 1, 3).distinct().sorted().skip(1).limit(5).peek(x -> System.out.print("<" + x + ">")).count());
        System.out.println(IntStream.of(3, 1, 2).boxed().sorted(Collections.reverseOrder()).map(String::valueOf).collect(Collectors.joining()));
        System.out.println(Stream.of(1, 2, 3, 4, 5, 1).takeWhile(x -> x < 4).toList() + " " + Stream.of(1, 2, 3, 4, 5, 1).dropWhile(x -> x < 4).toList());
        System.out.println(DoubleStream.of(1.5, 2.5).map(Math::ceil).sum() + " " + LongStream.range(0, 5).mapToObj(Long::toString).toList() + " " + Stream.empty().findFirst() + " " + OptionalInt.of(4));
        System.out.println(Stream.of(1, 2, 3).anyMatch(x -> x > 2) + " " + Stream.of(1, 2).allMatch(x -> x > 1) + " " + Stream.of(1).noneMatch(x -> x > 1));
        /* parallel: results independent of the order of work */
        System.out.println(IntStream.range(0, 100_000).parallel().filter(i -> i % 7 == 0).asLongStream().sum());
        System.out.println(IntStream.range(0, 2000).parallel().mapToObj(i -> i % 13).collect(Collectors.groupingByConcurrent(i -> i, Collectors.counting())).entrySet().stream().sorted(Map.Entry.comparingByKey()).map(Object::toString).collect(Collectors.joining(" ")));
        System.out.println(IntStream.range(0, 1000).parallel().boxed().map(i -> i * 2).collect(Collectors.toList()).subList(500, 505));
        System.out.println(Arrays.asList(9, 8, 7, 6, 5, 4, 3, 2, 1).parallelStream().sorted().map(String::valueOf).collect(Collectors.joining()));
        StringBuilder ordered = new StringBuilder();
        IntStream.range(0, 50).parallel().mapToObj(i -> i + ".").forEachOrdered(ordered::append);
        System.out.println(ordered);
        System.out.println(Stream.of(1, 2, 3, 4, 5).parallel().reduce(0, (a, b) -> a + b, Integer::sum) + " " + IntStream.range(0, 10_000).parallel().mapToObj(i -> "w" + i % 100).distinct().count());
        int[] sorted = new Random(42).ints(5000).toArray(), copy = sorted.clone();
        Arrays.parallelSort(sorted); Arrays.sort(copy);
        System.out.println(Arrays.equals(sorted, copy) + " " + sorted[0] + " " + sorted[4999]);
        int[] prefix = IntStream.rangeClosed(1, 10).toArray();
        Arrays.parallelPrefix(prefix, Integer::sum);
        Arrays.setAll(copy, i -> i);
        System.out.println(Arrays.toString(prefix) + " " + copy[77]);
        try { Stream<String> s = Stream.of("x"); s.count(); s.count(); } catch (IllegalStateException e) { System.out.println(e.getMessage()); }
        try { IntStream.range(0, 100).parallel().forEach(i -> { if (i == 50) throw new IllegalArgumentException("fifty"); }); } catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
        Spliterator<Integer> sp = List.of(1, 2, 3, 4, 5, 6).spliterator(), half = sp.trySplit();
        System.out.println(sp.estimateSize() + " " + half.estimateSize() + " " + half.hasCharacteristics(Spliterator.SIZED));
        show(StreamSupport.stream(Spliterators.spliteratorUnknownSize(List.of("q", "r").iterator(), 0), false).collect(Collectors.collectingAndThen(Collectors.toList(), Collections::unmodifiableList)));
        System.out.println(Stream.concat(Stream.of("z"), Stream.generate(() -> "g").limit(2)).toList() + " " + "stream".chars().mapToObj(ch -> "" + (char) ch).collect(Collectors.joining("-")));
        PrimitiveIterator.OfInt it = IntStream.range(0, 3).iterator();
        int sum = 0;
        while (it.hasNext()) sum += it.nextInt();
        System.out.println(sum + " " + Collections.max(List.of(3, 9, 4)) + " " + Stream.of(Optional.of(1), Optional.<Integer>empty()).flatMap(Optional::stream).toList());
    }
}
