import java.util.*;

/** Methods that each fail with a NullPointerException; NpeMessages runs all of them, with and without local variable names. */
public class NpeCases {
    static Object nullStatic; static int[] ints; static NpeCases[] many; static NpeCases one = new NpeCases(); static int idx = 2;
    NpeCases next; int value; long wide; String name; int[] array; int[][] deep; NpeCases[] others; double d; boolean flag; byte b;
    Object[][][] cube; static String sname; List<String> list;

    static NpeCases none() { return null; }
    NpeCases self() { return this; }
    NpeCases nothing(int a, String s, long[] l, Object... rest) { return null; }
    static int[][] grid() { return null; }
    static int index() { return 1; }
    private void secret() { }
    interface Shape { double area(double scale); default Shape twin() { return null; } static Shape make() { return null; } }
    static <T> T generic(T t) { return t; }

    static void a01() { int[] a = null; int x = a[0]; }
    static void a02() { float[] a = null; float x = a[1]; }
    static void a03() { Object[] a = null; Object x = a[-1]; }
    static void a04() { byte[] a = null; byte x = a[100]; }
    static void a05() { char[] a = null; char x = a[1000]; }
    static void a06() { short[] a = null; short x = a[40000]; }
    static void a07() { long[] a = null; long x = a[5]; }
    static void a08() { double[] a = null; double x = a[3]; }
    static void a09() { boolean[] a = null; boolean x = a[3]; }
    static void b01() { int[] a = null; a[0] = 1; }
    static void b02() { float[] a = null; a[0] = 1; }
    static void b03() { Object[] a = null; a[0] = ""; }
    static void b04() { byte[] a = null; a[0] = 1; }
    static void b05() { char[] a = null; a[0] = 1; }
    static void b06() { short[] a = null; a[0] = 1; }
    static void b07() { long[] a = null; a[0] = 1; }
    static void b08() { double[] a = null; a[0] = 1; }
    static void b09() { boolean[] a = null; a[idx] = true; }
    static void b10() { int[] a = null; a[0]++; }
    static void b11() { long[] a = null; a[0] += 7; }
    static void b12() { int[] a = null; int i = 3; a[i++] = i; }
    static void c01() { int[] a = null; int n = a.length; }
    static void c02() { throw null; }
    static void c03() { RuntimeException e = null; throw e; }
    static void c04() { Object o = null; synchronized (o) { } }
    static void c05() { synchronized (nullStatic) { } }
    static void c06() { throw (RuntimeException) nullStatic; }
    static void d01() { NpeCases c = null; int x = c.value; }
    static void d02() { NpeCases c = null; c.value = 1; }
    static void d03() { NpeCases c = null; c.wide = 1; }
    static void d04() { NpeCases c = null; c.wide++; }
    static void d05() { NpeCases c = null; c.name += "x"; }
    static void d06() { new NpeCases().next.value = 1; }
    static void d07() { NpeCases c = new NpeCases(); c.next.next.next.value = 1; }
    static void d08() { none().value = 1; }
    static void d09() { none().next.value = 1; }
    static void d10() { one.next.d = 2; }
    static void d11() { one.self().next.flag = true; }
    static void d12() { one.self().self().next.self().next.b = 1; }
    static void d13() { ((NpeCases) nullStatic).value++; }
    static void d14() { NpeCases c = one; c.next.next.next.next.next.next.next.value = 3; }
    void d15() { next.value = 1; }
    void d16() { this.next.next.name = ""; }
    void d17() { next.secret(); }
    static void e01() { String s = null; s.length(); }
    static void e02() { String s = null; s.substring(1, 2); }
    static void e03() { Object o = null; o.toString(); }
    static void e04() { sname.compareTo("x"); }
    static void e05() { NpeCases c = null; c.nothing(1, "", null, 2, 3); }
    static void e06() { List<String> l = null; l.get(0); }
    static void e07() { List<String> l = new ArrayList<>(); l.add(null); l.get(0).length(); }
    static void e08() { Map<String, Integer> m = new HashMap<>(); int x = m.get("k"); }
    static void e09() { Shape s = null; s.area(2.0); }
    static void e10() { Shape.make().twin(); }
    static void e11() { Shape s = scale -> scale; s.twin().area(1); }
    static void e12() { generic((String) null).trim(); }
    static void e13() { one.nothing(1, null, new long[0]).self(); }
    static void e14() { one.nothing(1, null, new long[0]).next.self(); }
    static void e15() { Integer i = null; int j = i; }
    static void e16() { Long l = null; long j = l + 1; }
    static void e17() { Boolean flag = null; if (flag) System.out.println(); }
    static void e18() { for (String s : (List<String>) null) System.out.println(s); }
    static void e19() { String s = null; switch (s) { case "a": break; default: } }
    static void e20() { Thread.State s = null; switch (s) { case NEW: break; default: } }
    static void e21() { int[] a = null; for (int x : a) System.out.println(x); }
    static void e22() { Object[][] o = new Object[2][]; o[1].clone(); }
    static void e23() { int[] a = null; a.clone(); }
    static void e24() { StringBuilder b = null; b.append(1).append("x"); }
    static void e25() { Runnable r = null; r.run(); }
    static void e26() { Runnable r = one.next::secret; }
    static void e27() { NpeCases.super_(null); }
    static void super_(Object o) { o.hashCode(); }
    static void e28() { Optional.<String>empty().orElse(null).length(); }
    static void e29() { one.name.equals(one.list.get(3)); }
    static void e30() { one.list.get(one.next.value); }
    static void f01() { ints[0] = 1; }
    static void f02() { many[idx].value = 1; }
    static void f03() { NpeCases[] m = new NpeCases[3]; m[idx].value = 1; }
    static void f04() { NpeCases[] m = new NpeCases[3]; m[index()].self(); }
    static void f05() { NpeCases[][] m = new NpeCases[3][]; m[1][2].self(); }
    static void f06() { NpeCases[][] m = new NpeCases[3][3]; int i = 1, j = 2; m[i][j].self(); }
    static void f07() { grid()[1][2]++; }
    static void f08() { one.deep[3][4] = 2; }
    static void f09() { int[] k = {1}; NpeCases[] m = new NpeCases[3]; m[k[0]].self(); }
    static void f10() { int[][] k = {{1}}; NpeCases[] m = new NpeCases[3]; m[k[0][0]].others[one.value].self(); }
    static void f11() { NpeCases[] m = new NpeCases[9]; int i = 1; m[i + 1].self(); }
    static void f12() { NpeCases[] m = new NpeCases[9]; m[m.length - 1].self(); }
    static void f13() { one.cube = new Object[2][2][2]; one.cube[0][1][0].toString(); }
    static void f14() { new NpeCases[] {null}[0].next.self(); }
    static void f15() { NpeCases[] m = new NpeCases[200]; m[120].self(); }
    static void f16() { NpeCases[] m = new NpeCases[200]; m[199].self(); }
    static void f17() { NpeCases[] m = new NpeCases[70000]; m[65536].self(); }
    static void f18() { NpeCases[] m = new NpeCases[9]; byte[] b = {1}; m[b[0]].self(); }
    static void f19() { NpeCases[] m = new NpeCases[9]; long l = 3; m[(int) l].self(); }
    static void f20() { many = new NpeCases[2]; many[one.value = 1].self(); }
    static void g01(int a, long b, String s, double d, int[] z) { s.length(); }
    static void g02(int a, long b, String s, double d, int[] z) { z[a] = 1; }
    static void g03(int a, long b, String s, double d, int[] z) { s = null; s.length(); }
    void g04(long b, Object o) { o.toString(); }
    void g05(long b, Object o) { Object p = o; p.toString(); }
    static void h01() { boolean t = idx == 2; Object o = t ? nullStatic : "x"; o.toString(); }
    static void h02() { (idx == 2 ? one.next : one).self(); }
    static void h03() { NpeCases c; if (idx == 2) c = null; else c = one; c.self(); }
    static void h04() { for (int i = 0; i < 3; i++) { String s = i == 2 ? null : "a"; s.length(); } }
    static void h05() { try { throw new IllegalStateException(); } catch (IllegalStateException e) { e.getCause().toString(); } }
    static void h06() { try { none().self(); } finally { idx = 2; } }
    static void h07() { String s = "a"; while (true) { s.length(); s = null; } }
    static void h08() { int a0=0,a1=1,a2=2,a3=3,a4=4,a5=5,a6=6,a7=7,a8=8; NpeCases c = null; if (a8 == 8) c.value = a8; }
    static void h09() { Object o = nullStatic; Object p = o; o = "x"; p.hashCode(); }
    static void h10() { none().none().self().value++; }
    static void h11() { new Object() { Object f; void m() { f.toString(); } }.m(); }
    static void h12() { Object captured = nullStatic; Runnable r = () -> captured.toString(); r.run(); }
    static void h13() { class Local { NpeCases c; } new Local().c.others[1] = null; }
    static void h14() { throw new NullPointerException(); }
    static void h15() { throw new NullPointerException("own words"); }
    static void h16() { Objects.requireNonNull(null); }
    static void h17() { Objects.requireNonNull(null, "named"); }
    static void h18() { String s = null; int n = (s + "x").length() + s.length(); }
    static void h19() { char c = sname.charAt(sname.length()); }
    static void h20() { one.self().deep[index()][idx]++; }
    static void h21() { double[] z = one.next == null ? null : new double[1]; z[0] += 1; }
    static void h22() { ((Object[]) nullStatic)[0] = 1; }
    static void h23() { ((Comparable<Object>) nullStatic).compareTo(nullStatic); }
    static void h24() { long x = 1L + one.next.wide; }
    static void h25() { String[] s = {null}; s[0].length(); s[0] += "y"; }
    static void h26() { String[] s = null; s[0] += "y"; }
    static void h27() { one.next.array[2] <<= 1; }
    static void h28() { Object o = one.others; ((NpeCases[]) o)[0].self(); }
    static void h29() { Thread t = null; t.getName().length(); }
    static void h30() { Class<?> c = null; c.getName(); }
    static void i01(Object... rest) { Object[] r = rest; r[0].toString(); }
    static void i02() { int i = 7; many = null; many[i & 3].value = i; }
    static void i03() { one.next = null; one.next.next = one; }
    static void i04() { (nullStatic == null ? (NpeCases) null : one).wide = 2; }
    static void i05() { new NpeCases().nothing(1, sname.trim(), null); }
    static void i06() { new NpeCases().others[new NpeCases().array[0]].self(); }
    static void i07() { new NpeCases().next.nothing(1, "", null, one.next.value); }
}
