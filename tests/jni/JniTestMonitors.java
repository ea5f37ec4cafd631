/** Monitors that native code and Java code share. */
public class JniTestMonitors {
    public static void main(String[] args) throws Exception {
        JniTest.load();
        Object lock = new Object();
        JniTestExceptions.monitors(lock, () -> System.out.println("held " + Thread.holdsLock(lock)));
        System.out.println("held " + Thread.holdsLock(lock));
        Thread other;
        synchronized (lock) {
            other = new Thread(() -> {
                JniTestExceptions.enter(lock);
                System.out.println("other holds " + Thread.holdsLock(lock));
                synchronized (lock) {
                    lock.notifyAll();
                }
                System.out.println("MonitorExit: " + JniTestExceptions.exit(lock));
                System.out.println("other holds " + Thread.holdsLock(lock));
            });
            other.start();
            while (other.getState() != Thread.State.BLOCKED)
                Thread.sleep(1);
            System.out.println("the other is " + other.getState());
        }
        other.join();
        JniTestExceptions.enter(lock);
        Thread waiter = new Thread(() -> {
            synchronized (lock) {
                System.out.println("waiter in");
            }
        });
        waiter.start();
        while (waiter.getState() != Thread.State.BLOCKED)
            Thread.sleep(1);
        System.out.println("releasing");
        int result = JniTestExceptions.exit(lock);
        waiter.join();
        System.out.println("MonitorExit: " + result);
        try {
            lock.notify();
        } catch (IllegalMonitorStateException e) {
            System.out.println(e);
        }
    }
}
