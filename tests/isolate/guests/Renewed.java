import cloister.isolate.Checkpoint;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What must differ between clones, and what must not. */
public class Renewed {
    static class Noted implements jdk.crac.Resource {
        private final String name;
        Noted(String name) { this.name = name; }
        @Override public void beforeCheckpoint(jdk.crac.Context<? extends jdk.crac.Resource> c) { System.out.println("before " + name); }
        @Override public void afterRestore(jdk.crac.Context<? extends jdk.crac.Resource> c) { System.out.println("after " + name); }
    }

    static final List<SecureRandom> secure = new java.util.ArrayList<>();
    static final Noted first = new Noted("first"), second = new Noted("second");

    static String values() {
        StringBuilder all = new StringBuilder(UUID.randomUUID() + "\n" + Math.random() + "\n" + new Random().nextLong() + "\n"
            + ThreadLocalRandom.current().nextLong() + "\n" + new SplittableRandom().nextLong() + "\n");
        RandomGeneratorFactory.all().forEach(f -> all.append(f.name()).append(f.create().nextLong()).append('\n'));
        for (SecureRandom r : secure)
            all.append(r.getAlgorithm()).append(r.nextLong()).append('\n');
        List<Integer> list = IntStream.range(0, 30).boxed().collect(Collectors.toList());
        Collections.shuffle(list);
        return all.append(list).append('\n').toString();
    }

    public static void main(String[] args) throws Exception {
        for (String name : new String[] {"NativePRNG", "NativePRNGNonBlocking", "DRBG", "SHA1PRNG"})
            secure.add(SecureRandom.getInstance(name));
        values();
        Random fixed = new Random(42);
        Object object = new Object();
        int hash = object.hashCode();
        long before = System.nanoTime();
        jdk.crac.Core.getGlobalContext().register(first);
        jdk.crac.Core.getGlobalContext().register(second);
        while (args.length > 0 && Checkpoint.here() == 0)
            Thread.sleep(10);
        System.out.print(values());
        System.out.println("same " + fixed.nextInt() + " " + (object.hashCode() == hash) + " " + (System.nanoTime() >= before));
    }
}
