// Frames that hold more monitors than they have monitorenter instructions: loops that only enter, recursion on one object,
// exits in other orders, what a collection and a thread dump see of them, and what returns and exceptions release.
import java.lang.management.ManagementFactory;

public class OpManyMonitors {
    /** Called by the code below in the middle, with every monitor held. */
    public static void look(Object[] locks) {
        System.gc();
        int held = 0;
        for (Object o : locks) if (Thread.holdsLock(o)) held++;
        boolean[] heldNow = new boolean[1];
        Thread other = new Thread(() -> {
            synchronized (locks[locks.length - 1]) {
                heldNow[0] = true;
            }
        });
        other.setDaemon(true);
        other.start();
        try {
            while (other.getState() != Thread.State.BLOCKED && other.isAlive()) Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        int listed = ManagementFactory.getThreadMXBean().getThreadInfo(new long[] {Thread.currentThread().getId()}, true, false)[0]
            .getLockedMonitors().length;
        System.out.println("held " + held + ", by another " + heldNow[0] + ", listed " + (locks.length > 100 ? "many" : listed));
    }

    static int held(Object[] locks) {
        int held = 0;
        for (Object o : locks) if (Thread.holdsLock(o)) held++;
        return held;
    }

    /** for (i = from; i != to; i += step) INSTRUCTION locks[i] */
    static String loop(String name, String from, String to, int step, String instruction) {
        return from + " | istore_1 | " + name + ": | iload_1 | " + to + " | if_icmpeq " + name + "End | aload_0 | iload_1 | aaload | "
            + instruction + " | iinc 1 " + step + " | goto " + name + " | " + name + "End: | ";
    }

    static ClassBytes code() {
        String objects = "([Ljava/lang/Object;)V", length = "aload_0 | arraylength", last = length + " | iconst_1 | isub";
        String enter = loop("enter", "iconst_0", length, 1, "monitorenter");
        String up = loop("up", "iconst_0", length, 1, "monitorexit"), down = loop("down", last, "iconst_m1", -1, "monitorexit");
        String look = "aload_0 | invokestatic OpManyMonitors.look " + objects + " | ";
        ClassBytes c = new ClassBytes("public", "Many", "java/lang/Object");
        c.method("public static", "balanced", objects, enter + look + down + "return");
        c.method("public static", "crossed", objects, enter + look + up + "return");
        c.method("public static", "forgets", objects, enter + "return");
        c.method("public static", "throwing", objects, enter + "aconst_null | athrow");
        c.method("public static", "tooMany", objects, enter + up + "aload_0 | iconst_0 | aaload | monitorexit | return");
        c.method("public static", "caught", objects, ".catch java/lang/NullPointerException a b c | a: | " + enter + "aconst_null | athrow | b: | c: | pop | " + down + "return");
        c.method("public static synchronized", "both", objects, enter + look + down + "return");
        c.method("public static", "half", objects, enter + "aload_0 | iconst_0 | aaload | monitorexit | " + look + "aload_0 | iconst_0 | aaload | monitorenter | " + up + "return");
        return c;
    }

    static Object[] fresh(int n) {
        Object[] locks = new Object[n];
        for (int i = 0; i < n; i++) locks[i] = i % 2 == 0 ? new Object() : new int[i % 7];
        return locks;
    }

    public static void main(String[] args) throws Throwable {
        ClassBytes.Loader loader = new ClassBytes.Loader(code());
        for (String name : new String[] {"balanced", "crossed", "forgets", "throwing", "tooMany", "caught", "both", "half"}) {
            for (int n : new int[] {1, 2, 8, 9, 10, 500}) {
                Object[] locks = fresh(n);
                String outcome = loader.outcome("Many", name, (Object) locks);
                System.out.println(name + " " + n + " " + outcome + " " + held(locks));
            }
        }
        Object one = new Object();
        Object[] same = new Object[1000];
        java.util.Arrays.fill(same, one);
        for (String name : new String[] {"balanced", "crossed", "forgets", "throwing", "tooMany", "caught", "both", "half"}) {
            System.out.println(name + " same " + loader.outcome("Many", name, (Object) same) + " " + Thread.holdsLock(one));
        }
        Object[] many = fresh(10_000);
        System.out.println(loader.outcome("Many", "caught", (Object) many) + " " + held(many));
        Thread reader = new Thread(() -> System.out.println("free again " + held(many)));
        reader.start();
        reader.join();
    }
}
