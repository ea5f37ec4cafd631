/** Native code ends the process; checked by its exit status and message only. */
public class JniTestFatal {
    static native void fatal();

    public static void main(String[] args) {
        JniTest.load();
        fatal();
        System.out.println("unreachable");
    }
}
