import java.lang.reflect.Field;
import sun.misc.Unsafe;

/* sun.misc.Unsafe and the memory it reaches. */
public class UnsafeAccess {
    int i = 1; long j = 2; boolean z = true; byte b = 3; short s = 4; char c = 'c'; float f = 5.5f; double d = 6.5; Object ref = "ref";
    static int si = 10; static Object sref = "static";
    static class NotInitialized { static { System.out.println("initialized"); } int x = 42; NotInitialized() { System.out.println("constructed"); } }
    static abstract class Abstract { }

    @SuppressWarnings({"deprecation", "removal"})
    public static void main(String[] args) throws Throwable {
        Field theUnsafe = Unsafe.class.getDeclaredField("theUnsafe");
        theUnsafe.setAccessible(true);
        Unsafe u = (Unsafe) theUnsafe.get(null);
        UnsafeAccess o = new UnsafeAccess();
        long oi = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("i")), oj = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("j"));
        long oz = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("z")), ob = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("b"));
        long os = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("s")), oc = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("c"));
        long of = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("f")), od = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("d")), or = u.objectFieldOffset(UnsafeAccess.class.getDeclaredField("ref"));
        System.out.println(u.getInt(o, oi) + " " + u.getLong(o, oj) + " " + u.getBoolean(o, oz) + " " + u.getByte(o, ob) + " " + u.getShort(o, os) + " " + u.getChar(o, oc) + " " + u.getFloat(o, of) + " " + u.getDouble(o, od) + " " + u.getObject(o, or));
        u.putIntVolatile(o, oi, -1); u.putLongVolatile(o, oj, -2); u.putBooleanVolatile(o, oz, false); u.putByteVolatile(o, ob, (byte) -3); u.putShortVolatile(o, os, (short) -4);
        u.putCharVolatile(o, oc, '\uffff'); u.putFloatVolatile(o, of, Float.NaN); u.putDoubleVolatile(o, od, Double.MIN_VALUE); u.putObjectVolatile(o, or, "new");
        System.out.println(u.getIntVolatile(o, oi) + " " + u.getLongVolatile(o, oj) + " " + u.getBooleanVolatile(o, oz) + " " + u.getByteVolatile(o, ob) + " " + u.getShortVolatile(o, os) + " " + (int) u.getCharVolatile(o, oc) + " " + u.getFloatVolatile(o, of) + " " + u.getDoubleVolatile(o, od) + " " + u.getObjectVolatile(o, or));
        System.out.println(u.compareAndSwapInt(o, oi, -1, 5) + " " + u.compareAndSwapInt(o, oi, -1, 6) + " " + u.compareAndSwapLong(o, oj, -2, 1L << 50) + " " + u.compareAndSwapObject(o, or, "new", "newer") + " " + o.i + " " + o.j + " " + o.ref);
        System.out.println(u.getAndAddInt(o, oi, 10) + " " + u.getAndSetLong(o, oj, 3) + " " + u.getAndSetObject(o, or, null) + " " + o.i + " " + o.j + " " + o.ref);
        Field fsi = UnsafeAccess.class.getDeclaredField("si"), fsr = UnsafeAccess.class.getDeclaredField("sref");
        Object base = u.staticFieldBase(fsi);
        u.putInt(base, u.staticFieldOffset(fsi), 77);
        u.putObject(u.staticFieldBase(fsr), u.staticFieldOffset(fsr), "stored");
        System.gc();
        System.out.println(si + " " + sref + " " + u.getObject(u.staticFieldBase(fsr), u.staticFieldOffset(fsr)) + " " + u.compareAndSwapObject(u.staticFieldBase(fsr), u.staticFieldOffset(fsr), "stored", "swapped") + " " + sref);
        long[] la = {1, 2, 3};
        System.out.println(u.arrayIndexScale(long[].class) + " " + u.arrayIndexScale(byte[].class) + " " + u.arrayIndexScale(char[].class) + " " + u.arrayIndexScale(double[].class) + " " + u.getLong(la, (long) u.arrayBaseOffset(long[].class) + 8));
        String[] sa = {"x", "y"};
        u.putObject(sa, (long) u.arrayBaseOffset(String[].class) + u.arrayIndexScale(String[].class), "z");
        System.out.println(String.join(",", sa));
        long p = u.allocateMemory(64);
        u.setMemory(p, 64, (byte) 0x5a);
        u.putLong(p, 0x0102030405060708L); u.putInt(p + 8, 9); u.putDouble(p + 16, 2.5); u.putAddress(p + 24, p);
        System.out.println(u.getByte(p) + " " + u.getShort(p + 1) + " " + u.getInt(p + 8) + " " + u.getDouble(p + 16) + " " + (u.getAddress(p + 24) == p) + " " + u.getByte(p + 40) + " " + u.addressSize());
        byte[] bytes = new byte[8];
        u.copyMemory(null, p, bytes, u.arrayBaseOffset(byte[].class), 8);
        System.out.println(java.util.Arrays.toString(bytes));
        p = u.reallocateMemory(p, 128);
        System.out.println(Long.toHexString(u.getLong(p)));
        u.freeMemory(p);
        try { u.allocateMemory(1L << 60); } catch (OutOfMemoryError e) { System.out.println(e.getMessage()); }
        try { u.allocateMemory(-1); } catch (IllegalArgumentException e) { System.out.println("negative refused"); }
        System.out.println(u.shouldBeInitialized(NotInitialized.class));
        NotInitialized n = (NotInitialized) u.allocateInstance(NotInitialized.class);
        System.out.println(n.x + " " + u.shouldBeInitialized(NotInitialized.class));
        try { u.allocateInstance(Abstract.class); } catch (InstantiationException e) { System.out.println(e); }
        try { u.allocateInstance(Runnable.class); } catch (InstantiationException e) { System.out.println(e); }
        try { u.allocateInstance(int[].class); } catch (InstantiationException e) { System.out.println(e); }
        try { u.allocateInstance(int.class); } catch (InstantiationException e) { System.out.println(e); }
        try { u.allocateInstance(Class.class); } catch (Exception e) { System.out.println(e); }
        try { u.throwException(new java.io.IOException("sneaky")); } catch (Exception e) { System.out.println(e); }
        try { u.objectFieldOffset(fsi); } catch (IllegalArgumentException e) { System.out.println("static refused"); }
        u.loadFence(); u.storeFence(); u.fullFence();
        double[] load = new double[3];
        System.out.println(u.getLoadAverage(load, 3) + " " + (load[0] >= 0));
        Thread main = Thread.currentThread();
        u.unpark(main); u.park(false, 0);
        long start = System.nanoTime();
        u.park(false, 20_000_000L);
        System.out.println(System.nanoTime() - start < 5_000_000_000L);
        Thread t = new Thread(() -> { u.park(false, 0); System.out.println("unparked"); });
        u.unpark(t);
        t.start(); Thread.sleep(50); u.unpark(t); t.join();
        u.unpark(t); u.unpark(null);
    }
}
