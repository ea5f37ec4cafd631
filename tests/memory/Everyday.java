import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** A little of all that takes native memory: interned strings, zlib, direct buffers, threads, reflection, lambdas. */
public class Everyday {
    static byte[] pack(byte[] in) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream packing = new DeflaterOutputStream(out)) {
            packing.write(in);
        }
        return out.toByteArray();
    }

    static int count() throws InterruptedException {
        int[] sum = {0};
        Thread[] threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                for (int k = 0; k < 1000; k++)
                    synchronized (sum) {
                        sum[0]++;
                    }
            });
            threads[i].start();
        }
        for (Thread t : threads)
            t.join();
        return sum[0];
    }

    public static void main(String[] args) throws Throwable {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 3000; i++)
            text.append((i + " interned").intern()).append((char) (i % 200 + 200));
        byte[] bytes = text.toString().getBytes("UTF-8");
        Method pack = Everyday.class.getDeclaredMethod("pack", byte[].class);
        byte[] packed = (byte[]) pack.invoke(null, (Object) bytes);
        if (!Arrays.equals(new InflaterInputStream(new ByteArrayInputStream(packed)).readAllBytes(), bytes))
            throw new Error("unpacked differs");
        UnaryOperator<String> twice = x -> x + x;
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16).putInt(5);
        Runnable proxy = (Runnable) Proxy.newProxyInstance(Everyday.class.getClassLoader(),
            new Class<?>[] {Runnable.class}, (self, method, arguments) -> null);
        proxy.run();
        System.out.println(String.format("%d %d %.3f %s %d", count(), packed.length, 3.14159, twice.apply("ab"),
            buffer.position()));
    }
}
