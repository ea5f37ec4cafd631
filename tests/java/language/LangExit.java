// System.exit in a finally block inside a loop: the status, hooks, and code that must not run.
public class LangExit {
    static int depth(int n) {
        try {
            return n == 0 ? 1 / n : depth(n - 1);
        } finally {
            if (n == 3) {
                System.out.println("exiting at " + n);
                System.exit(42);
            }
            System.out.println("finally " + n);
        }
    }

    public static void main(String[] args) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.out.println("hook runs");
            try {
                Runtime.getRuntime().addShutdownHook(new Thread());
            } catch (IllegalStateException e) {
                System.out.println(e.getMessage());
            }
        }));
        Thread hook = new Thread(() -> System.out.println("removed"));
        Runtime.getRuntime().addShutdownHook(hook);
        System.out.println(Runtime.getRuntime().removeShutdownHook(hook) + " " + Runtime.getRuntime().removeShutdownHook(hook));
        while (true) {
            try {
                depth(5);
            } catch (ArithmeticException e) {
                System.out.println("not reached");
            } finally {
                System.out.println("not reached either");
            }
        }
    }
}
