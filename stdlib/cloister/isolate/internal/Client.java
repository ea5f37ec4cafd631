package cloister.isolate.internal;

import cloister.isolate.CallException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;

/** Isolates as a program outside of them has them: what cloister.isolate.Program and its instances are made of. */
public final class Client {
    /** As in include/cloister.h. */
    private static final CallException.Status[] STATUSES = {null, CallException.Status.EXCEPTION,
        CallException.Status.REFUSED, CallException.Status.ENDED, CallException.Status.LATE};

    private static final int STANDBYS = 1;

    private Client() { }

    /** A zygote ends with the thread that has started it: this one, which lives as long as the program. */
    private static final class Starter {
        private static final LinkedBlockingQueue<FutureTask<Long>> TASKS = new LinkedBlockingQueue<>();

        static {
            Thread thread = new Thread(null, Starter::work, "cloister isolates", 0, false);
            thread.setDaemon(true);
            thread.start();
        }

        private static void work() {
            for (;;)
                try {
                    TASKS.take().run();
                } catch (InterruptedException e) {
                    continue; /* nobody has a reason to end it */
                }
        }

        static long open(byte[] image, byte[][] options) throws IOException, InterruptedException {
            FutureTask<Long> task = new FutureTask<>(() -> Library.open(image, options, STANDBYS));
            TASKS.add(task);
            try {
                return task.get();
            } catch (InterruptedException e) {
                TASKS.add(new FutureTask<>(() -> { /* behind it */
                    Library.close(task.get());
                    return 0L;
                }));
                throw e;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof IOException refused)
                    throw new IOException(refused.getMessage(), refused);
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    public static long open(String image, List<String> options) throws IOException, InterruptedException {
        Charset platform = Charset.forName(System.getProperty("sun.jnu.encoding"));
        List<byte[]> words = new ArrayList<>();
        words.add(text("--bound", platform));
        words.add(text("--warm", platform));
        for (String option : options)
            words.add(text(option, platform));
        return Starter.open(text(image, platform), words.toArray(new byte[0][]));
    }

    /** For C, where a zero byte is the end: what follows it would be lost. */
    private static byte[] text(String s, Charset charset) {
        if (s.indexOf(0) >= 0)
            throw new IllegalArgumentException("a zero character in " + s.replace("\0", "\\0"));
        return s.getBytes(charset);
    }

    public static void close(long zygote) {
        Library.close(zygote);
    }

    public static long start(long zygote) throws IOException {
        return Library.clone(zygote);
    }

    public static void end(long clone) {
        Library.free(clone);
    }

    public static void reset(long clone) throws IOException {
        Library.reset(clone);
    }

    private static byte[] call(long clone, String handler, boolean json, byte[] message, int milliseconds)
        throws IOException, CallException {
        int[] status = new int[1];
        byte[] answer =
            Library.call(clone, text(handler, StandardCharsets.UTF_8), json, message, milliseconds, status);
        if (STATUSES[status[0]] != null)
            throw new CallException(STATUSES[status[0]], new String(answer, StandardCharsets.UTF_8));
        return answer;
    }

    /** The program's own handler. */
    public static byte[] call(long clone, byte[] message, int milliseconds) throws IOException, CallException {
        return call(clone, "", false, message, milliseconds);
    }

    /** The arguments as JSON. */
    public static byte[] arguments(Object[] arguments) {
        StringBuilder text = new StringBuilder();
        try {
            Json.write(text, Conversion.toJson(arguments));
        } catch (Conversion.MismatchException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    public static Object call(long clone, String handler, byte[] arguments, int milliseconds)
        throws IOException, CallException {
        byte[] answer = call(clone, handler, true, arguments, milliseconds);
        try {
            return Conversion.untyped(Json.parse(new String(answer, StandardCharsets.UTF_8)));
        } catch (Json.SyntaxException e) {
            throw new IOException("the isolate's result is no JSON: " + e.getMessage(), e);
        }
    }
}
