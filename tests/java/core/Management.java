import java.lang.management.*;
import java.util.*;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.*;
import javax.management.*;

/* Platform MXBeans: sanity of figures, thread information, deadlock search. */
public class Management {
    static void check(String what, boolean ok) { System.out.println(what + " " + ok); }
    static void usage(String what, MemoryUsage u) { check(what, u.getUsed() >= 0 && u.getCommitted() >= u.getUsed() && (u.getMax() == -1 || u.getMax() >= u.getCommitted())); }

    static void memory() {
        MemoryMXBean m = ManagementFactory.getMemoryMXBean();
        usage("heap", m.getHeapMemoryUsage());
        usage("non-heap", m.getNonHeapMemoryUsage());
        boolean heap = false, pools = true;
        for (MemoryPoolMXBean p : ManagementFactory.getMemoryPoolMXBeans()) {
            heap |= p.getType() == MemoryType.HEAP;
            pools &= p.isValid() && !p.getName().isEmpty() && p.getUsage().getUsed() >= 0 && p.getPeakUsage().getUsed() >= 0 && p.getMemoryManagerNames().length > 0;
            p.resetPeakUsage();
        }
        check("pools", heap && pools);
        long before = 0, after = 0;
        for (GarbageCollectorMXBean g : ManagementFactory.getGarbageCollectorMXBeans()) before += g.getCollectionCount();
        System.gc();
        boolean times = true;
        for (GarbageCollectorMXBean g : ManagementFactory.getGarbageCollectorMXBeans()) { after += g.getCollectionCount(); times &= g.getCollectionTime() >= 0 && g.getMemoryPoolNames().length > 0; }
        check("collections", after > before && times);
    }

    static void threads() throws Exception {
        ThreadMXBean t = ManagementFactory.getThreadMXBean();
        check("counts", t.getThreadCount() > 0 && t.getPeakThreadCount() >= 1 && t.getTotalStartedThreadCount() >= t.getDaemonThreadCount());
        check("cpu", t.isCurrentThreadCpuTimeSupported() && t.getCurrentThreadCpuTime() > 0 && t.getCurrentThreadUserTime() >= 0 && t.getThreadCpuTime(Thread.currentThread().getId()) > 0);
        Object lock = new Object();
        CountDownLatch held = new CountDownLatch(1), end = new CountDownLatch(1);
        Thread owner = new Thread(() -> { synchronized (lock) { held.countDown(); try { end.await(); } catch (InterruptedException e) { throw new AssertionError(e); } } }, "owner");
        owner.start();
        held.await();
        Thread blocked = new Thread(() -> { synchronized (lock) { System.out.println("got it"); } }, "blocked");
        blocked.start();
        while (blocked.getState() != Thread.State.BLOCKED || owner.getState() != Thread.State.WAITING) Thread.sleep(1);
        ThreadInfo i = t.getThreadInfo(blocked.getId(), 10);
        System.out.println(i.getThreadName() + " " + i.getThreadState() + " " + i.getLockName().startsWith("java.lang.Object@") + " " + i.getLockOwnerName() + " " + (i.getLockOwnerId() == owner.getId()) + " " + i.getStackTrace()[0].getMethodName() + " " + i.getBlockedTime());
        ThreadInfo w = t.getThreadInfo(owner.getId());
        System.out.println(w.getThreadState() + " " + w.getLockInfo().getClassName() + " " + w.getStackTrace().length + " " + w.isInNative());
        boolean found = false;
        for (ThreadInfo d : t.dumpAllThreads(true, true))
            if (d.getThreadId() == owner.getId()) { found = true; System.out.println(d.getLockedMonitors().length + " " + d.getLockedMonitors()[0].getClassName() + " " + d.getLockedMonitors()[0].getLockedStackFrame().getClassName()); }
        check("dumped", found);
        end.countDown();
        owner.join(); blocked.join();
        check("gone", t.getThreadInfo(owner.getId()) == null);
        check("deadlocks none", t.findDeadlockedThreads() == null && t.findMonitorDeadlockedThreads() == null);
        t.resetPeakThreadCount();
        try { t.getThreadInfo(-1); } catch (IllegalArgumentException e) { System.out.println(e.getMessage()); }
    }

    static void deadlock() throws Exception {
        Object a = new Object();
        ReentrantLock b = new ReentrantLock();
        CountDownLatch both = new CountDownLatch(2);
        Thread x = new Thread(() -> { synchronized (a) { both.countDown(); await(both); b.lock(); } }, "dead-x");
        Thread y = new Thread(() -> { b.lock(); both.countDown(); await(both); synchronized (a) { System.out.println("never"); } }, "dead-y");
        x.setDaemon(true); y.setDaemon(true);
        x.start(); y.start();
        long[] ids; // a waiting x may still be at the latch
        while ((ids = ManagementFactory.getThreadMXBean().findDeadlockedThreads()) == null) Thread.sleep(1);
        TreeSet<String> names = new TreeSet<>();
        for (ThreadInfo i : ManagementFactory.getThreadMXBean().getThreadInfo(ids)) names.add(i.getThreadName() + "<-" + i.getLockOwnerName());
        System.out.println(names + " " + (ManagementFactory.getThreadMXBean().findMonitorDeadlockedThreads() == null));
    }
    static void await(CountDownLatch l) { try { l.await(); } catch (InterruptedException e) { throw new AssertionError(e); } }

    public static void main(String[] args) throws Exception {
        RuntimeMXBean r = ManagementFactory.getRuntimeMXBean();
        check("runtime", r.getUptime() > 0 && r.getStartTime() > 1_600_000_000_000L && r.getPid() == ProcessHandle.current().pid() && r.getName().startsWith(r.getPid() + "@"));
        System.out.println(r.getSpecVersion() + " " + r.getSpecName() + " " + r.getSystemProperties().get("java.specification.version") + " " + r.isBootClassPathSupported());
        ClassLoadingMXBean c = ManagementFactory.getClassLoadingMXBean();
        check("classes", c.getLoadedClassCount() > 300 && c.getTotalLoadedClassCount() >= c.getLoadedClassCount() && c.getUnloadedClassCount() >= 0 && !c.isVerbose());
        memory();
        threads();
        deadlock();
        OperatingSystemMXBean os = ManagementFactory.getOperatingSystemMXBean();
        check("os", os.getAvailableProcessors() == Runtime.getRuntime().availableProcessors() && os.getName().equals("Linux") && os.getSystemLoadAverage() >= 0);
        if (os instanceof com.sun.management.OperatingSystemMXBean s) check("sun os", s.getTotalMemorySize() > 0 && s.getProcessCpuTime() > 0 && s.getCommittedVirtualMemorySize() > 0);
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        System.out.println(server.isRegistered(new ObjectName(ManagementFactory.RUNTIME_MXBEAN_NAME)) + " " + server.getAttribute(new ObjectName(ManagementFactory.RUNTIME_MXBEAN_NAME), "SpecVersion"));
        server.registerMBean(new Hello(), new ObjectName("test:type=Hello"));
        System.out.println(server.getAttribute(new ObjectName("test:type=Hello"), "Name") + " " + server.invoke(new ObjectName("test:type=Hello"), "add", new Object[] {1, 2}, new String[] {"int", "int"}));
    }
    public interface HelloMBean { String getName(); int add(int a, int b); }
    public static class Hello implements HelloMBean { public String getName() { return "bean"; } public int add(int a, int b) { return a + b; } }
}
