// multianewarray of two to eight dimensions, partial dimensions, negative sizes in any position, sizes of zero.
import java.util.Arrays;

public class OpMultiArrays {
    interface Maker {
        Object make();
    }

    static void show(String what, Maker maker) {
        try {
            Object a = maker.make();
            System.out.println(what + ": " + a.getClass().getName() + " "
                               + (a instanceof Object[] o ? Arrays.deepToString(o) : "length " + ((int[]) a).length));
        } catch (Throwable e) {
            System.out.println(what + ": " + e);
        }
    }

    static void two(int a, int b) {
        show("int " + a + " " + b, () -> new int[a][b]);
        show("String " + a + " " + b, () -> new String[a][b]);
        show("long partial " + a + " " + b, () -> new long[a][b][]);
        show("double " + a + " " + b, () -> new double[a][b]);
    }

    static long fill(int[][][] cube) {
        int n = 0;
        for (int[][] plane : cube) for (int[] row : plane) for (int i = 0; i < row.length; i++) row[i] = n++ * 7;
        long sum = 0;
        for (int[][] plane : cube) for (int[] row : plane) for (int v : row) sum = sum * 3 + v;
        return sum;
    }

    public static void main(String[] args) throws Throwable {
        int[] sizes = {0, 1, 2, 3, -1, Integer.MIN_VALUE};
        for (int a : sizes) for (int b : sizes) two(a, b);
        show("three", () -> new byte[2][3][4]);
        show("three zero", () -> new byte[2][0][4]);
        show("three negative last", () -> new byte[2][0][-4]);
        show("three negative first", () -> new byte[-2][3][4]);
        show("four", () -> new char[2][2][1][1].length + new Object[0].length == 2 ? new boolean[2][2][2][2] : null);
        show("eight", () -> new short[1][2][1][2][1][2][1][2]);
        show("jagged", () -> new int[][] {{}, {1}, {1, 2}, null, {1, 2, 3}});
        show("partial", () -> new float[2][3][][]);
        System.out.println(fill(new int[10][20][30]));
        long[][] table = new long[50][60];
        for (int i = 0; i < 50; i++) for (int j = 0; j < 60; j++) table[i][j] = (long) i << j;
        System.out.println(table[49][59] + " " + table[1][40]);
        table[3][4] += 5;
        table[3][4]++;
        table[3][4] <<= 2;
        System.out.println(table[3][4]++ + " " + --table[3][4]);
        Object[][] objects = new String[2][2];
        try {
            objects[1][1] = 5;
        } catch (ArrayStoreException e) {
            System.out.println(e);
        }
        try {
            objects[0] = new Object[2];
        } catch (ArrayStoreException e) {
            System.out.println(e);
        }
        // A class constant with more dimensions than the instruction creates, and exactly 255 dimensions.
        String deep = "[".repeat(255) + "I";
        ClassBytes c = new ClassBytes("public", "Multi", "java/lang/Object");
        c.method("public static", "part", "(II)Ljava/lang/Object;", "iload_0 | iload_1 | multianewarray [[[[J 2 | areturn");
        c.method("public static", "one", "(I)Ljava/lang/Object;", "iload_0 | multianewarray [[D 1 | areturn");
        c.method("public static", "plain", "(I)Ljava/lang/Object;", "iload_0 | anewarray [I | areturn");
        c.method("public static", "deep", "()Ljava/lang/Object;",
                 ".stack 255\n" + "iconst_1\n".repeat(255) + "multianewarray " + deep + " 255 | areturn");
        ClassBytes.Loader loader = new ClassBytes.Loader(c);
        Object part = loader.call("Multi", "part", 2, 3);
        System.out.println(part.getClass().getName() + " " + Arrays.deepToString((Object[]) part));
        Object one = loader.call("Multi", "one", 3);
        System.out.println(one.getClass().getName() + " " + Arrays.deepToString((Object[]) one));
        Object plain = loader.call("Multi", "plain", 2);
        System.out.println(plain.getClass().getName() + " " + Arrays.deepToString((Object[]) plain));
        Object nested = loader.call("Multi", "deep");
        System.out.println(nested.getClass().getName().length());
        int depth = 0;
        while (nested instanceof Object[] array) {
            nested = array[0];
            depth++;
        }
        System.out.println(depth + " " + nested.getClass() + " " + ((int[]) nested).length);
        System.out.println(loader.outcome("Multi", "part", 1, -7));
        System.out.println(loader.outcome("Multi", "one", -8));
    }
}
