import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.math.BigInteger;

/** The Benchmarks Game's ten, at sizes for an interpreter. */
public class Game {
    public static void main(String[] args) {
        Bench.run("fannkuch", 22816L, () -> fannkuch(7));
        Bench.run("nbody", 163093846L, Game::nbody);
        Bench.run("spectralnorm", 1274206093L, () -> (long) (spectral(60) * 1e9));
        Bench.run("mandelbrot", 7357L, () -> mandelbrot(80));
        Bench.run("binarytrees", 65535 * 3, () -> trees(15, 3));
        Bench.run("fasta", 93839L, Game::fasta);
        Bench.run("revcomp", 9927L, Game::reverseComplement);
        Bench.run("knucleotide", 16, Game::knucleotide);
        Bench.run("regexredux", 39L, Game::regex);
        Bench.run("pidigits", 4L, Game::pidigits);
    }

    static int fannkuch(int n) {
        int[] p = new int[n], q = new int[n], s = new int[n];
        int sign = 1, maxflips = 0, sum = 0;
        for (int i = 0; i < n; i++) {
            p[i] = i;
            q[i] = i;
            s[i] = i;
        }
        while (true) {
            int q0 = p[0];
            if (q0 != 0) {
                for (int i = 1; i < n; i++) {
                    q[i] = p[i];
                }
                int flips = 1;
                while (true) {
                    int qq = q[q0];
                    if (qq == 0) {
                        sum += sign * flips;
                        if (flips > maxflips) {
                            maxflips = flips;
                        }
                        break;
                    }
                    q[q0] = q0;
                    if (q0 >= 3) {
                        int i = 1, j = q0 - 1;
                        do {
                            int t = q[i];
                            q[i] = q[j];
                            q[j] = t;
                            i++;
                            j--;
                        } while (i < j);
                    }
                    q0 = qq;
                    flips++;
                }
            }
            if (sign == 1) {
                int t = p[0];
                p[0] = p[1];
                p[1] = t;
                sign = -1;
            } else {
                int t = p[1];
                p[1] = p[2];
                p[2] = t;
                sign = 1;
                for (int i = 2; i < n; i++) {
                    int sx = s[i];
                    if (sx != 0) {
                        s[i] = sx - 1;
                        break;
                    }
                    if (i == n - 1) {
                        return sum * 100 + maxflips;
                    }
                    s[i] = i;
                    t = p[0];
                    for (int j = 0; j <= i; j++) {
                        p[j] = p[j + 1];
                    }
                    p[i + 1] = t;
                }
            }
        }
    }

    static final class Body {
        double x, y, z, vx, vy, vz, mass;

        Body(double... v) {
            x = v[0];
            y = v[1];
            z = v[2];
            vx = v[3] * 365.24;
            vy = v[4] * 365.24;
            vz = v[5] * 365.24;
            mass = v[6] * 4 * Math.PI * Math.PI;
        }
    }

    static long nbody() {
        Body[] b = {
            new Body(0, 0, 0, 0, 0, 0, 1),
            new Body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694,
                    0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
            new Body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411, 0.00499852801234917238,
                    0.0000230417297573763929, 0.000285885980666130812),
        };
        for (int step = 0; step < 4000; step++) {
            for (int i = 0; i < b.length; i++) {
                Body p = b[i];
                for (int j = i + 1; j < b.length; j++) {
                    Body q = b[j];
                    double dx = p.x - q.x, dy = p.y - q.y, dz = p.z - q.z;
                    double d2 = dx * dx + dy * dy + dz * dz;
                    double mag = 0.01 / (d2 * Math.sqrt(d2));
                    p.vx -= dx * q.mass * mag;
                    p.vy -= dy * q.mass * mag;
                    p.vz -= dz * q.mass * mag;
                    q.vx += dx * p.mass * mag;
                    q.vy += dy * p.mass * mag;
                    q.vz += dz * p.mass * mag;
                }
            }
            for (Body p : b) {
                p.x += 0.01 * p.vx;
                p.y += 0.01 * p.vy;
                p.z += 0.01 * p.vz;
            }
        }
        double e = 0;
        for (Body p : b) {
            e += 0.5 * p.mass * (p.vx * p.vx + p.vy * p.vy + p.vz * p.vz);
        }
        return (long) (e * 1e9);
    }

    static double spectral(int n) {
        double[] u = new double[n], v = new double[n], t = new double[n];
        Arrays.fill(u, 1);
        for (int i = 0; i < 10; i++) {
            multiply(n, u, t, false);
            multiply(n, t, v, true);
            multiply(n, v, t, false);
            multiply(n, t, u, true);
        }
        double vbv = 0, vv = 0;
        for (int i = 0; i < n; i++) {
            vbv += u[i] * v[i];
            vv += v[i] * v[i];
        }
        return Math.sqrt(vbv / vv);
    }

    static void multiply(int n, double[] from, double[] to, boolean transposed) {
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
                sum += (transposed ? a(j, i) : a(i, j)) * from[j];
            }
            to[i] = sum;
        }
    }

    static double a(int i, int j) {
        return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
    }

    static long mandelbrot(int n) {
        long inside = 0;
        for (int y = 0; y < n; y++) {
            for (int x = 0; x < n; x++) {
                double cr = 2.0 * x / n - 1.5, ci = 2.0 * y / n - 1, zr = 0, zi = 0;
                int i = 0;
                while (i < 50 && zr * zr + zi * zi <= 4) {
                    double t = zr * zr - zi * zi + cr;
                    zi = 2 * zr * zi + ci;
                    zr = t;
                    i++;
                }
                inside += i == 50 ? 2 : i & 1;
            }
        }
        return inside;
    }

    static final class Tree {
        Tree left, right;

        static Tree of(int depth) {
            Tree t = new Tree();
            if (depth > 0) {
                t.left = of(depth - 1);
                t.right = of(depth - 1);
            }
            return t;
        }

        int check() {
            return left == null ? 1 : 1 + left.check() + right.check();
        }
    }

    static long trees(int depth, int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Tree.of(depth).check();
        }
        return sum;
    }

    static int seed = 42;

    static double random(double max) {
        seed = (seed * 3877 + 29573) % 139968;
        return max * seed / 139968;
    }

    static byte[] dna(int n) {
        seed = 42;
        byte[] out = new byte[n];
        for (int i = 0; i < n; i++) {
            double r = random(1);
            out[i] = (byte) (r < 0.3 ? 'a' : r < 0.5 ? 'c' : r < 0.7 ? 'g' : 't');
        }
        return out;
    }

    static long fasta() {
        byte[] d = dna(40000);
        long hash = 0;
        for (byte b : d) {
            hash = (hash * 31 + b) % 100003;
        }
        return hash;
    }

    static long reverseComplement() {
        byte[] d = dna(20000);
        for (int round = 0; round < 5; round++) {
            for (int i = 0, j = d.length - 1; i < j; i++, j--) {
                byte t = complement(d[i]);
                d[i] = complement(d[j]);
                d[j] = t;
            }
        }
        long hash = 0;
        for (byte b : d) {
            hash = (hash * 31 + b) % 100003;
        }
        return hash;
    }

    static byte complement(byte b) {
        switch (b) {
        case 'a': return 't';
        case 'c': return 'g';
        case 'g': return 'c';
        default: return 'a';
        }
    }

    static long knucleotide() {
        byte[] d = dna(8000);
        Map<String, Integer> counts = new HashMap<>();
        String s = new String(d);
        for (int i = 0; i + 2 <= d.length; i++) {
            counts.merge(s.substring(i, i + 2), 1, Integer::sum);
        }
        return counts.size();
    }

    static long regex() {
        String s = new String(dna(6000));
        long n = 0;
        for (String p : new String[] {"agggtaaa|tttaccct", "[cgt]gggta|taccc[acg]", "ag[act]gt|ac[agt]ct"}) {
            Matcher m = Pattern.compile(p).matcher(s);
            while (m.find()) {
                n++;
            }
        }
        return n;
    }

    static long pidigits() {
        BigInteger q = BigInteger.ONE, r = BigInteger.ZERO, t = BigInteger.ONE, k = BigInteger.ONE;
        BigInteger n = BigInteger.valueOf(3), l = BigInteger.valueOf(3);
        int digits = 0;
        long last = 0;
        while (digits < 60) {
            if (q.shiftLeft(2).add(r).subtract(t).compareTo(n.multiply(t)) < 0) {
                last = n.longValue();
                digits++;
                BigInteger nr = BigInteger.TEN.multiply(r.subtract(n.multiply(t)));
                n = BigInteger.TEN.multiply(q.multiply(BigInteger.valueOf(3)).add(r)).divide(t)
                        .subtract(BigInteger.TEN.multiply(n));
                q = q.multiply(BigInteger.TEN);
                r = nr;
            } else {
                BigInteger nr = q.shiftLeft(1).add(r).multiply(l);
                BigInteger nn = q.multiply(k.multiply(BigInteger.valueOf(7))).add(BigInteger.TWO).add(r.multiply(l)).divide(t.multiply(l));
                q = q.multiply(k);
                t = t.multiply(l);
                l = l.add(BigInteger.TWO);
                k = k.add(BigInteger.ONE);
                n = nn;
                r = nr;
            }
        }
        return last;
    }
}
