import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Indexes the words of text files: records, streams, lambdas, string formatting and files in one small program. */
public final class WordIndex {
    private final Map<String, List<Position>> index = new TreeMap<>();

    void add(Path file) throws IOException {
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            for (Token token : new Tokenizer(line)) {
                index.computeIfAbsent(token.text(), k -> new ArrayList<>()).add(new Position(file, number, token.column()));
            }
        }
    }

    Stream<Map.Entry<String, List<Position>>> mostFrequent(int count) {
        Comparator<Map.Entry<String, List<Position>>> bySize = Comparator.comparingInt(e -> -e.getValue().size());
        return index.entrySet().stream().sorted(bySize.thenComparing(Map.Entry.comparingByKey())).limit(count);
    }

    public static void main(String[] args) throws IOException {
        WordIndex words = new WordIndex();
        for (String arg : args) {
            words.add(Path.of(arg));
        }
        System.out.printf("%d distinct words in %d files%n", words.index.size(), args.length);
        words.mostFrequent(8).forEach(e -> System.out.printf("%-12s %4d  first at %s%n", e.getKey(), e.getValue().size(),
                e.getValue().get(0)));
        Map<Integer, Long> lengths = words.index.keySet().stream()
                .collect(Collectors.groupingBy(String::length, TreeMap::new, Collectors.counting()));
        System.out.println("by length: " + lengths);
        String longest = words.index.keySet().stream().max(Comparator.comparingInt(String::length)
                .thenComparing(Function.identity())).orElse("");
        System.out.println("longest: " + longest);
    }

    record Position(Path file, int line, int column) {
        @Override
        public String toString() {
            return file.getFileName() + ":" + line + ":" + column;
        }
    }
}
