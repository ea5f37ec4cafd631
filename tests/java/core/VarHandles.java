import java.lang.invoke.*;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/* Every access mode of VarHandle on fields, statics, arrays and views. */
public class VarHandles {
    int i; long j; boolean z; byte b; short s; char c; float f; double d; String ref = "r0";
    static int si = 1; static String sref = "s0";
    static void error(String what, Throwable t) { System.out.println(what + ": " + t); }

    static void ints(VarHandle v, Object o) {
        v.set(o, 1); v.setVolatile(o, (int) v.get(o) + 1); v.setOpaque(o, (int) v.getVolatile(o) + 1); v.setRelease(o, (int) v.getOpaque(o) + 1);
        System.out.println((int) v.getAcquire(o));
        System.out.println(v.compareAndSet(o, 4, 10) + " " + v.compareAndSet(o, 4, 11));
        System.out.println((int) v.compareAndExchange(o, 10, 20) + " " + (int) v.compareAndExchange(o, 10, 30) + " " + (int) v.compareAndExchangeAcquire(o, 20, 21) + " " + (int) v.compareAndExchangeRelease(o, 21, 22));
        System.out.println(v.weakCompareAndSet(o, 22, 23) + " " + v.weakCompareAndSetPlain(o, 23, 24) + " " + v.weakCompareAndSetAcquire(o, 24, 25) + " " + v.weakCompareAndSetRelease(o, 25, 26));
        System.out.println((int) v.getAndSet(o, 27) + " " + (int) v.getAndSetAcquire(o, 28) + " " + (int) v.getAndSetRelease(o, 29));
        System.out.println((int) v.getAndAdd(o, 1) + " " + (int) v.getAndAddAcquire(o, 2) + " " + (int) v.getAndAddRelease(o, 3));
        System.out.println((int) v.getAndBitwiseOr(o, 64) + " " + (int) v.getAndBitwiseOrAcquire(o, 128) + " " + (int) v.getAndBitwiseOrRelease(o, 256));
        System.out.println((int) v.getAndBitwiseAnd(o, 0xff) + " " + (int) v.getAndBitwiseAndAcquire(o, 0xf0) + " " + (int) v.getAndBitwiseAndRelease(o, 0xc0));
        System.out.println((int) v.getAndBitwiseXor(o, 1) + " " + (int) v.getAndBitwiseXorAcquire(o, 2) + " " + (int) v.getAndBitwiseXorRelease(o, 4) + " " + (int) v.get(o));
    }

    public static void main(String[] args) throws Throwable {
        MethodHandles.Lookup l = MethodHandles.lookup();
        VarHandles o = new VarHandles();
        VarHandle vi = l.findVarHandle(VarHandles.class, "i", int.class);
        ints(vi, o);
        System.out.println(vi.varType() + " " + vi.coordinateTypes() + " " + vi.hasInvokeExactBehavior());
        VarHandle vj = l.findVarHandle(VarHandles.class, "j", long.class);
        vj.setVolatile(o, 5L);
        System.out.println((long) vj.getAndAdd(o, 1L << 40) + " " + o.j + " " + vj.compareAndSet(o, o.j, -1L) + " " + (long) vj.getAndBitwiseAnd(o, 0xffffL) + " " + o.j);
        VarHandle vz = l.findVarHandle(VarHandles.class, "z", boolean.class);
        System.out.println(vz.compareAndSet(o, false, true) + " " + (boolean) vz.getAndBitwiseXor(o, true) + " " + (boolean) vz.getAndSet(o, true) + " " + o.z);
        VarHandle vb = l.findVarHandle(VarHandles.class, "b", byte.class), vs = l.findVarHandle(VarHandles.class, "s", short.class), vc = l.findVarHandle(VarHandles.class, "c", char.class);
        System.out.println((byte) vb.getAndAdd(o, (byte) 127) + " " + (byte) vb.getAndAdd(o, (byte) 1) + " " + o.b);
        System.out.println(vs.compareAndSet(o, (short) 0, (short) -5) + " " + (short) vs.getAndBitwiseOr(o, (short) 1) + " " + o.s);
        System.out.println((char) vc.getAndSet(o, 'x') == 0 ? "zero " + (char) vc.getAndAdd(o, (char) 1) + o.c : "?");
        VarHandle vf = l.findVarHandle(VarHandles.class, "f", float.class), vd = l.findVarHandle(VarHandles.class, "d", double.class);
        System.out.println(vf.compareAndSet(o, 0f, 1.5f) + " " + (float) vf.getAndAdd(o, 2f) + " " + o.f + " " + vd.compareAndSet(o, -0.0, 1d) + " " + (double) vd.getAndSet(o, Math.PI) + " " + o.d);
        VarHandle vr = l.findVarHandle(VarHandles.class, "ref", String.class);
        System.out.println(vr.compareAndSet(o, "r0", "r1") + " " + (String) vr.getAndSet(o, "r2") + " " + (String) vr.compareAndExchange(o, "zz", "r3") + " " + o.ref);
        VarHandle vsi = l.findStaticVarHandle(VarHandles.class, "si", int.class), vsr = l.findStaticVarHandle(VarHandles.class, "sref", String.class);
        System.out.println((int) vsi.getAndAdd(5) + " " + vsi.compareAndSet(6, 9) + " " + si + " " + (String) vsr.getAndSet("s1") + " " + vsr.compareAndSet("s1", "s2") + " " + sref);
        VarHandle va = MethodHandles.arrayElementVarHandle(int[].class), vo = MethodHandles.arrayElementVarHandle(String[].class);
        int[] ia = new int[3];
        System.out.println((int) va.getAndAdd(ia, 2, 8) + " " + va.compareAndSet(ia, 2, 8, 9) + " " + ia[2]);
        String[] sa = {"a", "b"};
        System.out.println((String) vo.getAndSet(sa, 1, "c") + " " + vo.compareAndSet(sa, 0, "a", "d") + " " + String.join(",", sa));
        VarHandle view = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN), little = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
        byte[] bytes = new byte[16];
        view.set(bytes, 1, 0x01020304);
        System.out.println(java.util.Arrays.toString(bytes) + " " + Long.toHexString((long) little.get(bytes, 0)));
        VarHandle bufView = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
        ByteBuffer direct = ByteBuffer.allocateDirect(16);
        bufView.setVolatile(direct, 4, 0xcafe);
        System.out.println((int) bufView.getAndAdd(direct, 4, 1) + " " + direct.order(ByteOrder.LITTLE_ENDIAN).getInt(4));
        try { va.get(ia, 3); } catch (Throwable t) { error("bounds", t); }
        try { vi.get((VarHandles) null); } catch (Throwable t) { error("null", t.getClass()); }
        try { vo.set((Object[]) (Object) new Integer[1], 0, "x"); } catch (Throwable t) { error("store", t); }
        try { vi.set(o, "text"); } catch (Throwable t) { error("type", t); }
        try { int x = (int) vi.get(); } catch (Throwable t) { error("arity", t); }
        try { vr.getAndAdd(o, "x"); } catch (Throwable t) { error("mode", t); }
        try { view.getVolatile(bytes, 1); } catch (Throwable t) { error("aligned", t); }
        System.out.println(vr.isAccessModeSupported(VarHandle.AccessMode.GET_AND_ADD) + " " + vi.accessModeType(VarHandle.AccessMode.COMPARE_AND_SET));
        System.out.println((int) vi.toMethodHandle(VarHandle.AccessMode.GET_AND_SET).invokeExact(o, 77) + " " + o.i);
        System.out.println(MethodHandles.varHandleInvoker(VarHandle.AccessMode.GET, MethodType.methodType(int.class, VarHandles.class)).invoke(vi, o));
        try { vi.withInvokeExactBehavior().set(o, (short) 1); } catch (Throwable t) { error("exact", t); }
        VarHandle.fullFence(); VarHandle.acquireFence(); VarHandle.releaseFence(); VarHandle.loadLoadFence(); VarHandle.storeStoreFence();
    }

    static void error(String what, Class<?> c) { System.out.println(what + ": " + c); }
}
