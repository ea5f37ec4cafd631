import cloister.isolate.CallException;
import cloister.isolate.Isolate;
import cloister.isolate.NestedIsolateException;
import cloister.isolate.Program;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A program that calls another one, Calculator's image, in isolates. Prints what is wrong. */
public class Caller {
    private static void check(boolean good, Object what) {
        if (!good)
            System.out.println("FAILED " + what);
    }

    private static void equal(Object expected, Object got) {
        check(expected == null ? got == null : expected.equals(got), got + " instead of " + expected);
    }

    private static String refusal(Callable<?> call) {
        try {
            return "no exception but " + call.call();
        } catch (Exception e) {
            return (e instanceof CallException c ? c.status() + " " : e.getClass().getSimpleName() + " ") + e.getMessage();
        }
    }

    private static void results(Program program) throws Exception {
        byte[] bytes = {1, 0, -1};
        check(Arrays.equals(bytes, program.call(bytes)), "bytes");
        equal(0, program.call(new byte[0]).length);
        equal(3L, program.call("Calculator.add", 1, 2L));
        equal("12", program.call("Calculator.add", "1", "2"));
        equal(4L, program.call("Calculator.length", new byte[4]));
        equal(Map.of("a", 2L), program.call("Calculator.sizes", Map.of("a", List.of("x", 7))));
        equal(6L, program.call("Calculator.sum", List.of(1, 2, 3)));
        equal(null, program.call("Calculator.nothing"));
        equal("nothing", program.call("Calculator.any", (Object) null));
        equal("\u00e9\ud83d\ude00", program.call("Calculator.next", "\u00e8") + "\ud83d\ude00");
        equal(0L, program.call("Calculator.calls"));
    }

    private static void refusals(Program program) {
        equal("REFUSED Calculator has no public method nowhere", refusal(() -> program.call("Calculator.nowhere")));
        equal("REFUSED Calculator.next: a string is no char", refusal(() -> program.call("Calculator.next", "ab")));
        equal("IllegalArgumentException java.lang.Object cannot be given as JSON",
            refusal(() -> program.call("Calculator.any", new Object())));
        equal("EXCEPTION java.lang.IllegalStateException: because", refusal(() -> program.call("Calculator.fail", "because")));
        equal("ENDED the program exited with status 5 during the call", refusal(() -> program.call("Calculator.leave", 5)));
        equal("LATE no answer within 5000 ms", refusal(() -> program.call("Calculator.sleep", 600_000)));
        try {
            program.call("Calculator.fail", "because");
        } catch (Exception e) {
            check(((CallException) e).trace().contains("\n\tat Calculator.fail(Calculator.java:"), e);
        }
        equal("IOException cannot open nowhere.img: No such file or directory", refusal(() -> Isolate.open("nowhere.img")));
        equal("IOException zygote has no option '--nowhere'; 'cloister zygote --help' lists them",
            refusal(() -> Isolate.open("nowhere.img", "--nowhere")));
        equal("IllegalArgumentException a zero character in a\\0b", refusal(() -> Isolate.open("a\0b")));
        equal("IllegalArgumentException a zero character in Calculator.calls\\0x",
            refusal(() -> program.call("Calculator.calls\0x")));
    }

    private static void instances(Program program) throws Exception {
        Program.Instance kept = program.start();
        kept.call(new byte[1]);
        equal(1L, kept.call("Calculator.calls"));
        kept.reset();
        equal(0L, kept.call("Calculator.calls"));
        kept.close();
        kept.close();
        equal("IllegalStateException the isolate is closed", refusal(() -> kept.call(new byte[1])));
    }

    private static void threads(Program program) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        List<Future<Object>> results = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            int n = i;
            results.add(threads.submit(() -> program.call("Calculator.add", n, n)));
        }
        for (int i = 0; i < 24; i++)
            equal(2L * i, results.get(i).get());
        threads.shutdown();
    }

    public static void main(String[] arguments) throws Exception {
        if (Isolate.self() != null) {
            try {
                Isolate.open(arguments[0]);
            } catch (NestedIsolateException e) {
                System.out.println(e.getMessage());
            }
            return;
        }
        Program program = Isolate.open(arguments[0], Duration.ofSeconds(5), "--memory=256M");
        results(program);
        refusals(program);
        instances(program);
        threads(program);
        program.close();
        program.close();
        equal("IllegalStateException the program is closed", refusal(() -> program.call(new byte[1])));
        if (arguments.length > 1)
            Isolate.open(arguments[0], "--memory=256M"); /* is not closed: ends with this process */
        System.out.println("done");
    }
}
