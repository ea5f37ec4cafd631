import jdk.internal.misc.Signal;

/** Signals: numbers, refusals, handlers, and SIGTERM through the shutdown hooks (143). */
public class Signals {
    static void handle(String name, Signal.Handler h) {
        try {
            Signal.Handler old = Signal.handle(new Signal(name), h);
            System.out.println(name + " ok " + (old == Signal.Handler.SIG_DFL) + (old == Signal.Handler.SIG_IGN));
        } catch (IllegalArgumentException e) {
            System.out.println(name + " " + e.getMessage());
        }
    }
    public static void main(String[] args) throws Exception {
        for (String s : new String[] {"HUP", "INT", "QUIT", "TERM", "KILL", "USR1", "USR2", "WINCH", "CHLD", "CLD", "SEGV", "PWR"})
            System.out.println(s + " " + new Signal(s).getNumber());
        try {
            new Signal("NOSUCH");
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        Object lock = new Object();
        int[] got = {0};
        Signal.Handler h = sig -> { synchronized (lock) { got[0]++; lock.notifyAll(); System.out.println("got " + sig + " on " + Thread.currentThread().getName().startsWith("SIG")); } };
        for (String s : new String[] {"QUIT", "KILL", "STOP", "SEGV", "FPE", "ILL"})
            handle(s, h);
        handle("WINCH", h);
        synchronized (lock) {
            Signal.raise(new Signal("WINCH"));
            while (got[0] == 0) lock.wait();
        }
        handle("WINCH", Signal.Handler.SIG_IGN);
        try {
            Signal.raise(new Signal("WINCH"));
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        handle("WINCH", Signal.Handler.SIG_DFL);
        handle("INT", h);
        synchronized (lock) {
            Signal.raise(new Signal("INT"));
            while (got[0] == 1) lock.wait();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
        Signal.raise(new Signal("TERM"));
        Thread.sleep(20000);
        System.out.println("never");
    }
}
