// A heap of 32 MB filled again and again: OutOfMemoryError caught, memory given back, soft references cleared before it.
import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;

public class LimitHeapFull {
    static final class Cell { Object a, b; Cell next; }

    static int fillWithArrays(int size) {
        List<byte[]> all = new ArrayList<>();
        try {
            while (true) all.add(new byte[size]);
        } catch (OutOfMemoryError e) {
            int n = all.size();
            all = null;
            return n;
        }
    }

    static int fillWithCells() {
        Cell head = null;
        int n = 0;
        try {
            while (true) {
                Cell c = new Cell();
                c.next = head;
                head = c;
                n++;
            }
        } catch (OutOfMemoryError e) {
            head = null;
            return n;
        }
    }

    static int fillWithStrings() {
        Map<String, List<String>> map = new HashMap<>();
        int n = 0;
        try {
            while (true) {
                map.computeIfAbsent("key " + n % 1000, k -> new LinkedList<>()).add("value number " + n);
                n++;
            }
        } catch (OutOfMemoryError e) {
            map = null;
            return n;
        }
    }

    public static void main(String[] args) throws Exception {
        SoftReference<byte[]> soft = new SoftReference<>(new byte[1 << 20]);
        WeakReference<byte[]> weak = new WeakReference<>(new byte[1 << 20]);
        for (int round = 0; round < 2; round++) {
            int megabytes = fillWithArrays(1 << 20);
            System.out.println("megabytes between 10 and 32: " + (megabytes >= 10 && megabytes <= 32));
            int kilobytes = fillWithArrays(1 << 10);
            System.out.println("kilobytes between 10000 and 32000: " + (kilobytes >= 10000 && kilobytes <= 32000));
        }
        System.out.println("soft cleared " + (soft.get() == null) + ", weak cleared " + (weak.get() == null));
        int cells = fillWithCells();
        System.out.println("cells over 300000: " + (cells > 300_000));
        System.out.println("strings over 50000: " + (fillWithStrings() > 50_000));
        Thread[] threads = new Thread[4];
        boolean[] failed = new boolean[threads.length];
        for (int t = 0; t < threads.length; t++) {
            int id = t;
            threads[t] = new Thread(() -> {
                List<int[]> own = new ArrayList<>();
                try {
                    while (true) own.add(new int[50_000]);
                } catch (OutOfMemoryError e) {
                    failed[id] = true;
                }
            });
            threads[t].start();
        }
        for (Thread t : threads) t.join();
        System.out.println("every thread saw it: " + (failed[0] && failed[1] && failed[2] && failed[3]));
        long total = 0;
        for (int i = 0; i < 1000; i++) {
            List<String> list = new ArrayList<>();
            for (int k = 0; k < 100; k++) list.add("item " + k + " of " + i);
            total += list.get(i % 100).length();
        }
        System.out.println(total + " " + new byte[8 << 20].length + " " + (Runtime.getRuntime().maxMemory() <= 32 << 20));
    }
}
