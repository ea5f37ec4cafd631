/** References of all kinds, and collections between their uses. */
public class JniTestReferences {
    static native Object run(Object argument);
    native void remember(Object o);
    native Object recall();
    static native Object echoWeak(Object o);

    public static void main(String[] args) {
        JniTest.load();
        System.out.println(run("argument"));
        JniTestReferences r = new JniTestReferences();
        r.remember(new StringBuilder("remembered"));
        for (int i = 0; i < 3; i++) {
            byte[][] garbage = new byte[100][];
            for (int j = 0; j < 100; j++)
                garbage[j] = new byte[10000];
            System.gc();
        }
        System.out.println(r.recall());
        System.out.println(echoWeak("weak") + " " + echoWeak(null));
    }
}
