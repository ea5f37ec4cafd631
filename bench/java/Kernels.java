/** SciMark-like kernels, sorting and plain loops: arithmetic on locals and arrays. */
public class Kernels {
    public static void main(String[] args) {
        Bench.run("fib", 46368L, () -> fib(24));
        Bench.run("sieve", 6057L, () -> sieve(60000));
        Bench.run("fft", 16054918L, () -> fft(1024));
        Bench.run("sor", 37555967L, () -> sor(60, 6));
        Bench.run("montecarlo", 47094L, () -> monteCarlo(60000));
        Bench.run("sparse", 3220L, () -> sparse(500, 5, 20));
        Bench.run("lu", -420316L, () -> lu(48));
        Bench.run("matmul", 26312L, () -> matmul(48));
        Bench.run("quicksort", 8773612796906412524L, () -> quicksort(20000));
        Bench.run("crc", 1667518119L, () -> crc(60000));
        Bench.run("longmath", 8403952222796986817L, () -> longs(100000));
        Bench.run("queens", 40L, () -> queens(7));
    }

    static int fib(int n) {
        return n < 2 ? n : fib(n - 1) + fib(n - 2);
    }

    static long sieve(int n) {
        boolean[] composite = new boolean[n + 1];
        int count = 0;
        for (int i = 2; i <= n; i++) {
            if (!composite[i]) {
                count++;
                for (int j = i + i; j <= n; j += i) {
                    composite[j] = true;
                }
            }
        }
        return count;
    }

    static int state = 12345;

    static double next() {
        state = state * 1103515245 + 12345;
        return (state >>> 8) / (double) (1 << 24);
    }

    static long fft(int n) {
        double[] data = new double[2 * n];
        state = 1;
        for (int i = 0; i < data.length; i++) {
            data[i] = next();
        }
        for (int i = 0, j = 0; i < n - 1; i++) {
            if (i < j) {
                double tr = data[2 * i], ti = data[2 * i + 1];
                data[2 * i] = data[2 * j];
                data[2 * i + 1] = data[2 * j + 1];
                data[2 * j] = tr;
                data[2 * j + 1] = ti;
            }
            int k = n >> 1;
            while (k <= j) {
                j -= k;
                k >>= 1;
            }
            j += k;
        }
        for (int dual = 1; dual < n; dual *= 2) {
            double theta = Math.PI / dual, s = Math.sin(theta), t = Math.sin(theta / 2), s2 = 2 * t * t, wr = 1, wi = 0;
            for (int a = 0; a < dual; a++) {
                for (int b = 0; b < n; b += 2 * dual) {
                    int i = 2 * (b + a), j = 2 * (b + a + dual);
                    double zr = wr * data[j] - wi * data[j + 1], zi = wr * data[j + 1] + wi * data[j];
                    data[j] = data[i] - zr;
                    data[j + 1] = data[i + 1] - zi;
                    data[i] += zr;
                    data[i + 1] += zi;
                }
                double tr = wr - s * wi - s2 * wr;
                wi = wi + s * wr - s2 * wi;
                wr = tr;
            }
        }
        double sum = 0;
        for (double d : data) {
            sum += Math.abs(d);
        }
        return (long) (sum * 1000);
    }

    static long sor(int n, int rounds) {
        double[][] g = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                g[i][j] = i * 31 % 17 + j;
            }
        }
        for (int r = 0; r < rounds; r++) {
            for (int i = 1; i < n - 1; i++) {
                double[] up = g[i - 1], row = g[i], down = g[i + 1];
                for (int j = 1; j < n - 1; j++) {
                    row[j] = 0.3125 * (up[j] + down[j] + row[j - 1] + row[j + 1]) - 0.25 * row[j];
                }
            }
        }
        return (long) (g[n / 2][n / 2] * 1e6);
    }

    static long monteCarlo(int n) {
        int inside = 0;
        state = 7;
        for (int i = 0; i < n; i++) {
            double x = next(), y = next();
            if (x * x + y * y <= 1) {
                inside++;
            }
        }
        return inside;
    }

    static long sparse(int n, int perRow, int rounds) {
        double[] values = new double[n * perRow], x = new double[n], y = new double[n];
        int[] column = new int[n * perRow], row = new int[n + 1];
        for (int i = 0; i < n; i++) {
            row[i + 1] = row[i] + perRow;
            x[i] = i;
            for (int k = 0; k < perRow; k++) {
                column[row[i] + k] = (i * 7 + k * 13) % n;
                values[row[i] + k] = k + 1;
            }
        }
        for (int r = 0; r < rounds; r++) {
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int k = row[i]; k < row[i + 1]; k++) {
                    sum += x[column[k]] * values[k];
                }
                y[i] = sum;
            }
        }
        return (long) (y[17] + y[n - 1]);
    }

    static long lu(int n) {
        double[][] a = new double[n][n];
        state = 3;
        for (double[] row : a) {
            for (int j = 0; j < n; j++) {
                row[j] = next();
            }
        }
        for (int j = 0; j < n; j++) {
            int pivot = j;
            for (int i = j + 1; i < n; i++) {
                if (Math.abs(a[i][j]) > Math.abs(a[pivot][j])) {
                    pivot = i;
                }
            }
            double[] t = a[pivot];
            a[pivot] = a[j];
            a[j] = t;
            for (int i = j + 1; i < n; i++) {
                a[i][j] /= a[j][j];
                for (int k = j + 1; k < n; k++) {
                    a[i][k] -= a[i][j] * a[j][k];
                }
            }
        }
        return (long) (a[n - 1][n - 1] * 1e6);
    }

    static long matmul(int n) {
        int[][] a = new int[n][n], b = new int[n][n], c = new int[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a[i][j] = i + j;
                b[i][j] = i - j;
            }
        }
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                int sum = 0;
                for (int k = 0; k < n; k++) {
                    sum += a[i][k] * b[k][j];
                }
                c[i][j] = sum;
            }
        }
        return c[n / 2][n / 3];
    }

    static long quicksort(int n) {
        int[] a = new int[n];
        state = 9;
        for (int i = 0; i < n; i++) {
            next();
            a[i] = state;
        }
        sort(a, 0, n - 1);
        long hash = 0;
        for (int v : a) {
            hash = hash * 31 + v;
        }
        return hash;
    }

    static void sort(int[] a, int low, int high) {
        int i = low, j = high, pivot = a[(low + high) >>> 1];
        while (i <= j) {
            while (a[i] < pivot) {
                i++;
            }
            while (a[j] > pivot) {
                j--;
            }
            if (i <= j) {
                int t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        if (low < j) {
            sort(a, low, j);
        }
        if (i < high) {
            sort(a, i, high);
        }
    }

    static long crc(int n) {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int c = i;
            for (int k = 0; k < 8; k++) {
                c = (c & 1) != 0 ? 0xEDB88320 ^ c >>> 1 : c >>> 1;
            }
            table[i] = c;
        }
        int crc = -1;
        for (int i = 0; i < n; i++) {
            crc = table[(crc ^ i) & 255] ^ crc >>> 8;
        }
        return ~crc;
    }

    static long longs(int n) {
        long h = 0xcbf29ce484222325L;
        for (int i = 0; i < n; i++) {
            h = (h ^ i) * 0x100000001b3L;
            h ^= h >>> 29;
            if ((h & 3) == 0) {
                h += Long.rotateLeft(h, 13) % 1000003;
            }
        }
        return h;
    }

    static int queens(int n) {
        return place(n, 0, 0, 0, 0);
    }

    static int place(int n, int row, int columns, int left, int right) {
        if (row == n) {
            return 1;
        }
        int count = 0;
        for (int c = 0; c < n; c++) {
            int bit = 1 << c;
            if ((columns & bit) == 0 && (left & 1 << row + c) == 0 && (right & 1 << row - c + n) == 0) {
                count += place(n, row + 1, columns | bit, left | 1 << row + c, right | 1 << row - c + n);
            }
        }
        return count;
    }
}
