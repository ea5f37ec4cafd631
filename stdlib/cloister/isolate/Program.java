package cloister.isolate;

import cloister.isolate.internal.Client;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A Java program that was opened with {@link Isolate#open} and answers calls, each in an isolate of its own that begins at
 * the program's snapshot and ends with the answer. Safe for many threads, whose calls run at once. Isolates that are to
 * keep what calls leave are {@link #start instances}.
 *
 * <p>Arguments and results of named handlers travel as JSON: cloister-call(1) has the table. Results are null, Boolean, Long,
 * BigInteger, Double (BigDecimal for what is too large for it), String, List or Map.
 */
public final class Program implements AutoCloseable {
    private final ReadWriteLock use = new ReentrantReadWriteLock(); /* read: it is in use; write: it is closed */
    private final int milliseconds;
    private long zygote; /* 0: closed */

    Program(String image, List<String> options, Duration deadline) throws IOException, InterruptedException {
        if (deadline.isNegative() || deadline.isZero())
            throw new IllegalArgumentException("a deadline of " + deadline);
        Duration most = Duration.ofMillis(Integer.MAX_VALUE); /* longer ones may be more milliseconds than there are */
        milliseconds = deadline.compareTo(most) > 0 ? Integer.MAX_VALUE : (int) Math.max(1, deadline.toMillis());
        zygote = Client.open(Objects.requireNonNull(image), options);
    }

    /**
     * Calls the program's own handler.
     *
     * @throws CallException when the call came to no result, and why
     * @throws IOException when it could not be made
     */
    public byte[] call(byte[] message) throws IOException, CallException {
        try (Instance instance = start()) {
            return instance.call(message);
        }
    }

    /**
     * Calls the handler CLASS.METHOD.
     *
     * @throws CallException when the call came to no result, and why
     * @throws IOException when it could not be made
     * @throws IllegalArgumentException for an argument that cannot be given as JSON
     */
    public Object call(String handler, Object... arguments) throws IOException, CallException {
        try (Instance instance = start()) {
            return instance.call(handler, arguments);
        }
    }

    /** An isolate for many calls, which stands at the program's snapshot; to be closed. */
    public Instance start() throws IOException {
        Lock lock = use.readLock();
        lock.lock();
        try {
            if (zygote == 0)
                throw new IllegalStateException("the program is closed");
            return new Instance(Client.start(zygote));
        } finally {
            lock.unlock();
        }
    }

    /** Starts no more isolates; its instances go on. */
    @Override
    public void close() {
        Lock lock = use.writeLock();
        lock.lock();
        try {
            if (zygote != 0)
                Client.close(zygote);
            zygote = 0;
        } finally {
            lock.unlock();
        }
    }

    /** One isolate. What a call leaves in it the next one finds. Calls of many threads are made one after the other. */
    public final class Instance implements AutoCloseable {
        private long clone; /* 0: closed */

        private Instance(long clone) {
            this.clone = clone;
        }

        private long open() {
            if (clone == 0)
                throw new IllegalStateException("the isolate is closed");
            return clone;
        }

        /** As {@link Program#call(byte[])}. */
        public synchronized byte[] call(byte[] message) throws IOException, CallException {
            return Client.call(open(), Objects.requireNonNull(message), milliseconds);
        }

        /** As {@link Program#call(String, Object...)}. */
        public synchronized Object call(String handler, Object... arguments) throws IOException, CallException {
            return Client.call(open(), handler, Client.arguments(arguments), milliseconds);
        }

        /** Puts it back to the program's snapshot: memory, threads, files. */
        public synchronized void reset() throws IOException {
            Client.reset(open());
        }

        /** Ends it. */
        @Override
        public synchronized void close() {
            if (clone != 0)
                Client.end(clone);
            clone = 0;
        }
    }
}
