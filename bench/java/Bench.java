import java.util.function.LongSupplier;

/** Runs one benchmark: checks its result every time and prints the best of the timed runs in microseconds. */
final class Bench {
    private Bench() { }

    static void run(String name, long expected, LongSupplier work) {
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            long start = System.nanoTime();
            long result = work.getAsLong();
            long time = System.nanoTime() - start;
            if (result != expected) {
                System.out.println("BENCH " + name + " WRONG " + result + " instead of " + expected);
                System.exit(1);
            }
            if (i > 0 && time < best) {
                best = time;
            }
        }
        System.out.println("BENCH " + name + " " + best / 1000);
    }
}
