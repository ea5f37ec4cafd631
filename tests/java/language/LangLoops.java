// Control flow: labelled loops, string switches in loops, for-each over arrays and iterators, conditional operators, scopes.
import java.util.*;

public class LangLoops {
    static String labels(int n) {
        StringBuilder s = new StringBuilder();
        outer:
        for (int i = 0; ; i++) {
            middle:
            for (int j = 0; j < n; j++) {
                int k = 0;
                do {
                    if (k == i) continue middle;
                    if (j == i + 2) continue outer;
                    if (i * j * k > 20) break outer;
                    s.append(i).append(j).append(k).append(' ');
                } while (++k < n);
                if (i > n) break middle;
            }
            if (i > 2 * n) break;
        }
        block: {
            if (n > 3) break block;
            s.append("small");
        }
        return s.toString();
    }

    static List<Integer> primes(int n) {
        List<Integer> found = new ArrayList<>();
        next:
        for (int i = 2; i <= n; i++) {
            for (int p : found) {
                if (p * p > i) break;
                if (i % p == 0) continue next;
            }
            found.add(i);
        }
        return found;
    }

    static int words(String text) {
        int score = 0;
        loop:
        for (String w : text.split(" ")) {
            switch (w) {
                case "stop": break loop;
                case "skip": continue;
                case "add": score += 10;
                case "one": score++; break;
                case "negate": score = -score; break;
                default: score *= 2;
            }
            score += 1000;
        }
        return score;
    }

    static String logic(boolean a, boolean b, Boolean c) {
        StringBuilder s = new StringBuilder();
        if (a && b || c) s.append(1);
        if (a & b | c ^ a) s.append(2);
        if (!(a || b) && !c) s.append(3);
        boolean d = a;
        d &= b;
        d |= c;
        d ^= true;
        s.append(d ? a ? "x" : b ? "y" : "z" : c ? "w" : "v");
        return s.toString();
    }

    static int collatz(long n) {
        int steps = 0;
        while (n != 1) {
            n = (n & 1) == 0 ? n >> 1 : 3 * n + 1;
            steps++;
        }
        return steps;
    }

    static Object unboxed(boolean b, Integer i, Double d) { return b ? i : d; }

    public static void main(String[] args) {
        for (int n = 0; n < 5; n++) System.out.println(labels(n));
        System.out.println(primes(100));
        System.out.println(words("one add skip negate other one stop add") + " " + words("add"));
        for (int k = 0; k < 8; k++) System.out.print(logic((k & 1) != 0, (k & 2) != 0, (k & 4) != 0) + " ");
        System.out.println();
        int best = 0;
        for (int n = 1; n < 3000; n++) if (collatz(n) > collatz(Math.max(best, 1))) best = n;
        System.out.println(best + " " + collatz(best));
        System.out.println(unboxed(true, 1, 2.5) + " " + unboxed(false, 1, 2.5));
        try {
            unboxed(true, null, 2.5);
        } catch (NullPointerException e) {
            System.out.println("unboxing null");
        }
        for (char c = 'a', d = 'z'; c < d; c += 3, d -= 2) System.out.print("" + c + d + " ");
        System.out.println();
        int total = 0;
        for (int[] row : new int[][] {{1, 2}, {}, {3}}) for (int v : row) total = total * 10 + v;
        for (Map.Entry<String, Integer> e : new TreeMap<>(Map.of("b", 2, "a", 1)).entrySet()) total += e.getKey().charAt(0) * e.getValue();
        System.out.println(total);
        List<Integer> list = new ArrayList<>(List.of(1, 2, 3, 4));
        try {
            for (Integer i : list) if (i == 2) list.remove(i);
        } catch (ConcurrentModificationException e) {
            System.out.println(e);
        }
        list.removeIf(i -> i % 2 == 1);
        System.out.println(list);
        long bits = 0;
        for (int i = 0; i < 64; i += 5) bits |= 1L << i;
        System.out.println(Long.toBinaryString(bits) + " " + Long.bitCount(bits));
        StringBuilder matrix = new StringBuilder();
        double[][] m = {{1, 2}, {3, 4}}, r = {{1, 0}, {0, 1}};
        for (int p = 0; p < 5; p++) {
            double[][] q = new double[2][2];
            for (int i = 0; i < 2; i++) for (int j = 0; j < 2; j++) for (int k = 0; k < 2; k++) q[i][j] += r[i][k] * m[k][j];
            r = q;
        }
        System.out.println(matrix.append(Arrays.deepToString(r)));
        Iterator<String> it = new Iterator<>() {
            String s = "";
            public boolean hasNext() { return s.length() < 4; }
            public String next() { return s += s.length(); }
        };
        while (it.hasNext()) System.out.print(it.next() + " ");
        System.out.println();
    }
}
