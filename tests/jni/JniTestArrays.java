import java.util.Arrays;

/** Native code makes, reads and writes arrays, while another thread allocates. */
public class JniTestArrays {
    static native void run();
    static native long sum(byte[] bytes, int[] ints);
    static volatile boolean done;
    static volatile Object sink;

    public static void main(String[] args) throws Exception {
        JniTest.load();
        run();
        byte[] bytes = new byte[10000];
        int[] ints = new int[20000];
        Arrays.fill(bytes, (byte) -3);
        Arrays.setAll(ints, i -> i);
        Thread garbage = new Thread(() -> {
            while (!done)
                sink = new byte[4096];
        });
        garbage.start();
        long total = 0;
        for (int i = 0; i < 200; i++)
            total += sum(bytes, ints);
        done = true;
        garbage.join();
        System.out.println(total + " " + ints[7]);
    }
}
