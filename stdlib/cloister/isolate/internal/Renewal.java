package cloister.isolate.internal;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What must differ between clones: the seeds that the class library keeps, and what it remembers of the host.
 * Everything is looked up before the checkpoint; a clone's VM writes it before any thread goes on (native/renewal.c).
 * docs/java-isolates.md has the list.
 */
final class Renewal {
    /** What a place gets in a clone: renewal_kind in native/renewal.h. */
    private static final byte RANDOM_LONG = 0, RANDOM_BYTES = 1, ZERO_INT = 2, FALSE = 3, NULL = 4;

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
        {"jdk.random", "jdk.random.Xoshiro256PlusPlus", "DEFAULT_GEN"},
    };
    /** Generators of the class library's own, behind static methods: class, field. */
    private static final String[][] SHARED_GENERATORS = {
        {"java.lang.Math$RandomNumberGeneratorHolder", "randomNumberGenerator"},
        {"java.lang.StrictMath$RandomNumberGeneratorHolder", "randomNumberGenerator"},
        {"java.util.Collections", "r"},
    };
    private static final String PROVIDER = "sun.security.provider.";

    private final List<Object> owners = new ArrayList<>();
    private final List<Long> offsets = new ArrayList<>();
    private final List<Byte> kinds = new ArrayList<>();

    private Renewal() { }

    private static Renewal prepare() {
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

    /** The places and what is written there, as the natives take them: one place each. */
    private record Places(Object[] owners, long[] offsets, byte[] kinds) { }

    private Places places() {
        Places places = new Places(owners.toArray(), new long[owners.size()], new byte[owners.size()]);
        for (int i = 0; i < places.owners.length; i++) {
            places.offsets[i] = offsets.get(i);
            places.kinds[i] = kinds.get(i);
        }
        return places;
    }

    /** The clone's number where this returns in a clone, which is renewed by then: {@link Hypercalls#checkpoint}. */
    static long checkpoint() {
        Places places = prepare().places();
        Hypercalls.renew(places.owners, places.offsets, places.kinds); /* so that a clone runs what has been run */
        Engine.settle();
        return Hypercalls.checkpoint(places.owners, places.offsets, places.kinds);
    }

    /** A field of an object's, or a static one: then the class has it. */
    private void add(Object owner, Field field, byte kind) {
        owners.add(Modifier.isStatic(field.getModifiers()) ? field.getDeclaringClass() : owner);
        offsets.add(Hypercalls.offset(field));
        kinds.add(kind);
    }

    private void addBytes(byte[] state) {
        owners.add(state);
        offsets.add(0L);
        kinds.add(RANDOM_BYTES);
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
        add(field(owner, field).get(null), field(AtomicLong.class, "value"), RANDOM_LONG);
    }

    private void addGenerator(String name, String field) throws ReflectiveOperationException {
        Class<?> owner = initialized("java.base", name);
        Random generator = owner == null ? null : (Random) field(owner, field).get(null);
        if (generator == null)
            return;
        add(field(Random.class, "seed").get(generator), field(AtomicLong.class, "value"), RANDOM_LONG);
        add(generator, field(Random.class, "haveNextNextGaussian"), FALSE);
    }

    /** ThreadLocalRandom's state lies in the threads; a probe of 0 has the thread seeded again at its next use. */
    private void addThreads() throws ReflectiveOperationException {
        Field seed = field(Thread.class, "threadLocalRandomSeed");
        Field probe = field(Thread.class, "threadLocalRandomProbe");
        Field secondary = field(Thread.class, "threadLocalRandomSecondarySeed");
        for (Object thread : Hypercalls.instances(Thread.class))
            if (probe.getInt(thread) != 0) {
                add(thread, seed, RANDOM_LONG);
                add(thread, secondary, ZERO_INT);
            }
    }

    private void addSecureRandoms() throws ReflectiveOperationException {
        Class<?> sha1 = initialized("java.base", PROVIDER + "SecureRandom");
        if (sha1 != null)
            addDigestGenerators(sha1);
        Class<?> drbg = initialized("java.base", PROVIDER + "AbstractDrbg");
        if (drbg != null) {
            Field instantiated = field(drbg, "instantiated");
            for (Object generator : Hypercalls.instances(drbg))
                add(generator, instantiated, FALSE); /* takes fresh entropy when used */
        }
        Class<?> devices = initialized("java.base", PROVIDER + "NativePRNG$RandomIO");
        if (devices != null) {
            Field buffered = field(devices, "buffered");
            for (Object device : Hypercalls.instances(devices))
                add(device, buffered, ZERO_INT);
        }
    }

    /** SHA1PRNG: its state is replaced in place; the seeder of all others is one of them. */
    private void addDigestGenerators(Class<?> type) throws ReflectiveOperationException {
        Field state = field(type, "state");
        Field left = field(type, "remCount");
        for (Object generator : Hypercalls.instances(type)) {
            if (!(state.get(generator) instanceof byte[] bytes))
                continue;
            addBytes(bytes);
            add(generator, left, ZERO_INT);
        }
    }

    private void addHostName() throws ReflectiveOperationException {
        Class<?> addresses = initialized("java.base", "java.net.InetAddress");
        if (addresses == null)
            return;
        add(null, field(addresses, "cachedLocalHost"), NULL);
    }
}
