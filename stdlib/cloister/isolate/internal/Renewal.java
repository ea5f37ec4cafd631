package cloister.isolate.internal;

import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What must differ between clones: the seeds that the class library keeps, and what it remembers of the host.
 * Everything is looked up before the checkpoint, so that a clone only writes. docs/java-isolates.md has the list.
 */
final class Renewal {
    /** A random number of its own for each clone. */
    private interface Source {
        long next();
    }

    private interface Step {
        void run(Source source) throws ReflectiveOperationException;
    }

    /** Static AtomicLongs from which generators take their seeds: module, class, field. */
    private static final String[][] SEEDERS = {
        {"java.base", "java.util.concurrent.ThreadLocalRandom", "seeder"},
        {"java.base", "java.util.SplittableRandom", "defaultGen"},
        {"java.base", "java.util.Random", "seedUniquifier"},
        {"jdk.random", "jdk.random.L128X1024MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L128X128MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L128X256MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L32X64MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L64X1024MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L64X128MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L64X128StarStarRandom", "defaultGen"},
        {"jdk.random", "jdk.random.L64X256MixRandom", "defaultGen"},
        {"jdk.random", "jdk.random.Xoroshiro128PlusPlus", "defaultGen"},
        {"jdk.random", "jdk.random.Xoshiro256PlusPlus", "defaultGen"},
    };
    /** Generators of the class library's own, behind static methods: class, field. */
    private static final String[][] SHARED_GENERATORS = {
        {"java.lang.Math$RandomNumberGeneratorHolder", "randomNumberGenerator"},
        {"java.lang.StrictMath$RandomNumberGeneratorHolder", "randomNumberGenerator"},
        {"java.util.Collections", "r"},
    };
    private static final String PROVIDER = "sun.security.provider.";

    private final List<Step> steps = new ArrayList<>();
    private final byte[] seed = new byte[32];

    private Renewal() { }

    static Renewal prepare() {
        Renewal renewal = new Renewal();
        try {
            for (String[] row : SEEDERS)
                renewal.addSeeder(row[0], row[1], row[2]);
            for (String[] row : SHARED_GENERATORS)
                renewal.addGenerator(row[0], row[1]);
            renewal.addThreads();
            renewal.addSecureRandoms();
            renewal.addHostName();
        } catch (ReflectiveOperationException e) {
            throw new InternalError("this class library keeps its seeds elsewhere", e);
        }
        return renewal;
    }

    /** In the clone: stretches one seed from the monitor, so that the kernel is asked once (SplitMix64). */
    void run() {
        Hypercalls.random(seed);
        ByteBuffer bytes = ByteBuffer.wrap(seed);
        long[] state = {bytes.getLong(), bytes.getLong() | 1};
        Source source = () -> {
            long z = state[0] += state[1];
            z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
            z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
            return z ^ (z >>> 31);
        };
        try {
            for (Step step : steps)
                step.run(source);
        } catch (ReflectiveOperationException e) {
            throw new InternalError(e);
        }
    }

    private static Field field(Class<?> owner, String name) throws ReflectiveOperationException {
        Hypercalls.open(owner.getModule(), owner.getPackageName());
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** The class; null when it is not initialized: then nothing of it can be copied. */
    private static Class<?> initialized(String module, String name) {
        Module found = ModuleLayer.boot().findModule(module).orElse(null);
        return found == null ? null : Hypercalls.initialized(found.getClassLoader(), name);
    }

    private void addSeeder(String module, String name, String field) throws ReflectiveOperationException {
        Class<?> owner = initialized(module, name);
        if (owner == null)
            return;
        AtomicLong seeder = (AtomicLong) field(owner, field).get(null);
        steps.add(source -> seeder.set(source.next()));
    }

    private void addGenerator(String name, String field) throws ReflectiveOperationException {
        Class<?> owner = initialized("java.base", name);
        Random generator = owner == null ? null : (Random) field(owner, field).get(null);
        if (generator != null)
            steps.add(source -> generator.setSeed(source.next()));
    }

    /** ThreadLocalRandom's state lies in the threads; a probe of 0 has the thread seeded again at its next use. */
    private void addThreads() throws ReflectiveOperationException {
        Field seed = field(Thread.class, "threadLocalRandomSeed");
        Field probe = field(Thread.class, "threadLocalRandomProbe");
        Field secondary = field(Thread.class, "threadLocalRandomSecondarySeed");
        for (Object thread : Hypercalls.instances(Thread.class))
            if (probe.getInt(thread) != 0)
                steps.add(source -> {
                    seed.setLong(thread, source.next());
                    secondary.setInt(thread, 0);
                });
    }

    private void addSecureRandoms() throws ReflectiveOperationException {
        Class<?> sha1 = initialized("java.base", PROVIDER + "SecureRandom");
        if (sha1 != null)
            addDigestGenerators(sha1);
        Class<?> drbg = initialized("java.base", PROVIDER + "AbstractDrbg");
        if (drbg != null) {
            Field instantiated = field(drbg, "instantiated");
            for (Object generator : Hypercalls.instances(drbg))
                steps.add(source -> instantiated.setBoolean(generator, false)); /* takes fresh entropy when used */
        }
        Class<?> devices = initialized("java.base", PROVIDER + "NativePRNG$RandomIO");
        if (devices != null) {
            Field buffered = field(devices, "buffered");
            for (Object device : Hypercalls.instances(devices))
                steps.add(source -> buffered.setInt(device, 0));
        }
    }

    /** SHA1PRNG: its state is replaced in place; the seeder of all others is one of them. */
    private void addDigestGenerators(Class<?> type) throws ReflectiveOperationException {
        Field state = field(type, "state");
        Field left = field(type, "remCount");
        for (Object generator : Hypercalls.instances(type)) {
            if (!(state.get(generator) instanceof byte[] bytes))
                continue;
            steps.add(source -> {
                Hypercalls.random(bytes);
                left.setInt(generator, 0);
            });
        }
    }

    private void addHostName() throws ReflectiveOperationException {
        Class<?> addresses = initialized("java.base", "java.net.InetAddress");
        if (addresses == null)
            return;
        Field cached = field(addresses, "cachedLocalHost");
        steps.add(source -> cached.set(null, null));
    }
}
