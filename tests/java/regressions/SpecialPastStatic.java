import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/* invokespecial passes over a static method of the direct superclass and selects the instance method above it (JVMS 6.5),
 * which only classes compiled apart can show: T1 { int m() } <- T2 { static int m() } <- T3. */
public class SpecialPastStatic extends ClassLoader {
    static final int PUBLIC_SUPER = 0x21, PUBLIC = 1, PUBLIC_STATIC = 9;

    static byte[] type(String name, String parent, int mFlags, int result) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(0xCAFEBABE);
        out.writeInt(52);
        out.writeShort(22);
        for (String text : new String[] {name, parent, "<init>", "()V", "m", "()I", "Code", "lookup",
                "()Ljava/lang/invoke/MethodHandles$Lookup;", "java/lang/invoke/MethodHandles"}) { /* 1 - 10 */
            out.writeByte(1);
            out.writeUTF(text);
        }
        constant(out, 7, 1);        /* 11 this */
        constant(out, 7, 2);        /* 12 super */
        constant(out, 12, 3, 4);    /* 13 <init>()V */
        constant(out, 10, 12, 13);  /* 14 super.<init> */
        constant(out, 7, 10);       /* 15 MethodHandles */
        constant(out, 12, 8, 9);    /* 16 lookup() */
        constant(out, 10, 15, 16);  /* 17 MethodHandles.lookup */
        for (int i = 18; i < 22; i++)
            constant(out, 7, 2);
        for (int value : new int[] {PUBLIC_SUPER, 11, 12, 0, 0, 3})
            out.writeShort(value);
        method(out, PUBLIC, 3, 4, 1, new byte[] {0x2a, (byte) 0xb7, 0, 14, (byte) 0xb1});
        method(out, mFlags, 5, 6, 1, new byte[] {0x10, (byte) result, (byte) 0xac});
        method(out, PUBLIC_STATIC, 8, 9, 0, new byte[] {(byte) 0xb8, 0, 17, (byte) 0xb0});
        out.writeShort(0);
        return bytes.toByteArray();
    }

    static void constant(DataOutputStream out, int tag, int... indexes) throws IOException {
        out.writeByte(tag);
        for (int index : indexes)
            out.writeShort(index);
    }

    static void method(DataOutputStream out, int flags, int name, int type, int locals, byte[] code) throws IOException {
        for (int value : new int[] {flags, name, type, 1, 7})
            out.writeShort(value);
        out.writeInt(12 + code.length);
        out.writeShort(1);
        out.writeShort(locals);
        out.writeInt(code.length);
        out.write(code);
        out.writeInt(0);
    }

    Class<?> define(String name, String parent, int mFlags, int result) throws IOException {
        byte[] bytes = type(name, parent, mFlags, result);
        return defineClass(name, bytes, 0, bytes.length);
    }

    public static void main(String[] args) throws Throwable {
        var loader = new SpecialPastStatic();
        Class<?> t1 = loader.define("T1", "java/lang/Object", PUBLIC, 1);
        loader.define("T2", "T1", PUBLIC_STATIC, 2);
        Class<?> t3 = loader.define("T3", "T2", PUBLIC, 3);
        var lookup = (MethodHandles.Lookup) t3.getMethod("lookup").invoke(null);
        var handle = lookup.findSpecial(t1, "m", MethodType.methodType(int.class), t3);
        System.out.println((int) handle.invoke(t3.getConstructor().newInstance()));
    }
}
