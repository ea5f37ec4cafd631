// The interpreter with profiling instructions: branches of every kind, loops, switches, calls with one, two and many receiver
// classes, null receivers, exceptions, several threads.
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

public class OpProfiled {
    interface Shape { int area(int scale); }
    static class Square implements Shape { public int area(int s) { return s * s; } }
    static class Line implements Shape { public int area(int s) { return 0; } }
    static class Cube extends Square { @Override public int area(int s) { return 6 * super.area(s); } }
    static class Dot implements Shape { public int area(int s) { return s > 3 ? 1 : -1; } }

    static int branches(int i, long l, float f, double d, Object o, Object p) {
        int r = 0;
        if (i == 3) r += 1;
        if (i != 4) r += 2;
        if (i < 5 && i >= -5) r += 4;
        if (i > l) r += 8;
        if (l <= 7L || l == 9L) r += 16;
        if (f < 2.5f) r += 32;
        if (!(f > d)) r += 64;
        if (d >= 1.0 && d != Double.NaN) r += 128;
        if (o == null) r += 256;
        if (o != p) r += 512;
        boolean both = i > 0 ^ l > 0;
        return both ? r + 1024 : r;
    }

    static int loops(int n) {
        int sum = 0;
        for (int i = 0; i < n; i++) sum += i;
        for (int i = n; i > 0; i -= 3) sum ^= i;
        int k = 0;
        while (true) {
            if (++k > n) break;
            if (k % 3 == 0) continue;
            sum += k;
        }
        do sum -= k--; while (k > 0);
        for (int i = 0; i <= n; i++)
            for (int j = i; j <= n; j += 2) sum += i * j & 7;
        return sum;
    }

    static int choose(int i) {
        switch (i % 5) {
            case 0: return 7;
            case 1: return choose(i + 1) + 1;
            case 2: return 9;
            default: return i % 2 == 0 ? -1 : -2;
        }
    }

    static int areas(Shape[] shapes, int n) {
        int sum = 0;
        for (int i = 0; i < n; i++) {
            try {
                sum += shapes[i % shapes.length].area(i);
            } catch (NullPointerException e) {
                sum += 1000;
            }
        }
        return sum;
    }

    static int virtuals(Object[] objects, int n) {
        int sum = 0;
        for (int i = 0; i < n; i++) sum += objects[i % objects.length].toString().length();
        return sum;
    }

    static int once() {
        int warm = 0;
        for (int i = 0; i < 5000; i++) warm += i & 1; // becomes warm while it runs its only time
        Shape s = warm > 10 ? new Square() : new Line();
        return s.area(warm);
    }

    static int total() {
        int sum = 0;
        Object o = new Object();
        for (int i = 0; i < 3000; i++) {
            sum += branches(i % 7, i % 11, i % 5, i % 3 == 0 ? Double.NaN : i % 4, i % 2 == 0 ? null : o, o);
            sum += choose(i);
        }
        sum += loops(300);
        Shape[] one = {new Square()}, two = {new Square(), new Line()};
        Shape[] many = {new Square(), new Line(), new Cube(), new Dot(), null, shape -> shape + 1};
        for (int i = 0; i < 20; i++) sum += areas(one, 50) + areas(two, 50) + areas(many, 50);
        sum += virtuals(new Object[] {"a", 12, 3L, 'c', new StringBuilder("sb"), List.of(1, 2)}, 3000);
        IntUnaryOperator f = x -> x % 2 == 0 ? x / 2 : 3 * x + 1;
        for (int x = 27; x != 1; x = f.applyAsInt(x)) sum++;
        return sum + once();
    }

    public static void main(String[] args) throws InterruptedException {
        System.out.println(total());
        int[] totals = new int[4];
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < totals.length; t++) {
            int id = t;
            threads.add(new Thread(() -> totals[id] = total()));
        }
        for (Thread t : threads) t.start();
        for (Thread t : threads) t.join();
        System.out.println(java.util.Arrays.toString(totals));
        Shape[] none = {null};
        try {
            none[0].area(1);
        } catch (NullPointerException e) {
            System.out.println(e.getMessage());
        }
        System.out.println(String.format("%5.2f|%s", 3.14159, "a,b,c".split(",").length) + " " + "text".matches("[a-z]+"));
    }
}
