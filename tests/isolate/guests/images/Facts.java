import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Says what it sees, and does what its first argument says. */
public class Facts {
    public static void main(String[] arguments) throws Exception {
        Runtime runtime = Runtime.getRuntime();
        System.out.println("processors " + runtime.availableProcessors() + ", heap " + (runtime.maxMemory() >> 20) + " MiB");
        switch (arguments.length == 0 ? "" : arguments[0]) {
        case "fill" -> fill();
        case "env" -> System.out.println(System.getenv(arguments[1]));
        case "read" -> System.out.print(Files.readString(Path.of(arguments[1])));
        case "write" -> System.out.println("written " + Files.writeString(Path.of(arguments[1]), "text"));
        default -> { }
        }
    }

    private static void fill() {
        List<Object> all = new ArrayList<>();
        try {
            for (;;)
                all.add(new long[4]);
        } catch (OutOfMemoryError e) {
            all = null;
            System.out.println("OutOfMemoryError");
        }
    }
}
