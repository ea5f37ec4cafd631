// Class bytes broken in many ways: the error class and text of every check of format, version, name and constant pool.
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

public class LoadBrokenBytes {
    static ClassBytes fresh() {
        ClassBytes c = new ClassBytes("public", "Broken", "java/lang/Object").constructor("java/lang/Object");
        c.field("public", "x", "I").method("public static", "f", "()I", "iconst_5 | ireturn");
        return c;
    }

    static void attempt(String what, String name, byte[] bytes) {
        try {
            Class<?> c = new ClassBytes.Loader().define(name, bytes);
            System.out.println(what + ": defined " + c.getName());
            c.getDeclaredConstructors();
            Class.forName(c.getName(), true, c.getClassLoader());
        } catch (Throwable e) {
            System.out.println(what + ": " + ClassBytes.clean(e));
        }
    }

    static void bytes(String what, UnaryOperator<byte[]> change) {
        attempt(what, "Broken", change.apply(fresh().toBytes()));
    }

    static void build(String what, Consumer<ClassBytes> change) {
        ClassBytes c = fresh();
        change.accept(c);
        attempt(what, "Broken", c.toBytes());
    }

    static byte[] set(byte[] b, int at, int value) {
        b[at] = (byte) value;
        return b;
    }

    static int find(byte[] b, String text) {
        byte[] t = text.getBytes();
        for (int i = 0; i + t.length <= b.length; i++) if (Arrays.equals(b, i, i + t.length, t, 0, t.length)) return i;
        throw new IllegalArgumentException(text);
    }

    static void versions() {
        for (int[] v : new int[][] {{45, 0}, {45, 3}, {45, 65535}, {44, 9}, {44, 0}, {0, 0}, {46, 0}, {46, 1}, {55, 5}, {56, 0}, {56, 1}, {61, 0},
                                    {61, 65535}, {60, 65535}, {61, 1}, {62, 0}, {65, 0}, {65535, 65535}, {32768, 0}}) {
            build("version " + v[0] + "." + v[1], c -> c.version(v[0], v[1]));
        }
    }

    static void whole() {
        attempt("fine", "Broken", fresh().toBytes());
        attempt("empty", "Broken", new byte[0]);
        attempt("null name", null, fresh().toBytes());
        attempt("other name", "Other", fresh().toBytes());
        attempt("slashed name", "a/Broken", fresh().toBytes());
        attempt("java name", "java.Broken", new ClassBytes("public", "java/Broken", "java/lang/Object").toBytes());
        attempt("java name in bytes", null, new ClassBytes("public", "java/lang/Broken", "java/lang/Object").toBytes());
        build("magic", c -> c.magic = 0xCAFEBABF);
        bytes("magic 2", b -> set(b, 0, 0));
        byte[] good = fresh().toBytes();
        for (int n : new int[] {1, 3, 4, 6, 8, 9, 10, 11, 15, 20, 40, good.length / 2, good.length - 20, good.length - 7, good.length - 2, good.length - 1}) {
            bytes("truncated to " + (n > good.length / 2 ? "end-" + (good.length - n) : "" + n), b -> Arrays.copyOf(b, n));
        }
        bytes("extra", b -> Arrays.copyOf(b, b.length + 1));
        bytes("pool count 0", b -> set(set(b, 8, 0), 9, 0));
        bytes("pool count 1", b -> set(set(b, 8, 0), 9, 1));
        bytes("tag 2", b -> set(b, 10, 2));
        bytes("tag 14", b -> set(b, 10, 14));
        bytes("tag 21", b -> set(b, 10, 21));
        bytes("tag 17 in old class", b -> set(b, 10, 17));
        bytes("tag 0", b -> set(b, 10, 0));
        bytes("class name index", b -> set(b, find(b, "Broken") + 8, 200));
        bytes("class to itself", b -> set(b, find(b, "Broken") + 8, 2));
        bytes("utf8 zero", b -> set(b, find(b, "Code"), 0));
        bytes("utf8 0xf0", b -> set(b, find(b, "Code"), 0xf0));
        bytes("utf8 cut", b -> set(b, find(b, "Code") + 3, 0xc3));
        bytes("utf8 bad tail", b -> set(b, find(b, "Code"), 0xe0));
    }

    static void names() {
        for (String bad : new String[] {"", "a;b", "[I", "a//b", "/a", "a/", "a.b", "[", "I[", "LBroken;", "a b", "<x>"}) {
            attempt("class " + bad, null, new ClassBytes("public", bad, "java/lang/Object").toBytes());
            attempt("super " + bad, null, new ClassBytes("public", "HasBadSuper", bad).toBytes());
        }
        for (String bad : new String[] {"", "a;b", "a/b", "a.b", "[x", "<init>", "<x>", "a<b", "a>b"}) {
            build("field " + bad, c -> c.field("public", bad, "I"));
            build("method " + bad, c -> c.method("public abstract", bad, "()V", null));
        }
        for (String bad : new String[] {"", "V", "X", "[", "L;", "La.b;", "Lx", "[V", "II", "()V", "[".repeat(256) + "I", "[".repeat(255) + "I"}) {
            build("field descriptor " + (bad.length() > 100 ? bad.length() : bad), c -> c.field("public", "y", bad));
        }
        for (String bad : new String[] {"", "V", "()", "(V)V", "(I", "I)V", "()VV", "(Lx)V", "()L;", "(" + "J".repeat(128) + ")V", "(" + "I".repeat(255) + ")V"}) {
            build("method descriptor " + (bad.length() > 100 ? bad.length() : bad), c -> c.method("public", "m", bad, "return"));
        }
    }

    static void members() {
        build("duplicate field", c -> c.field("public", "x", "I"));
        build("same name other type", c -> c.field("public", "x", "J"));
        build("duplicate method", c -> c.method("public static", "f", "()I", "iconst_1 | ireturn"));
        build("public private field", c -> c.field("public private", "p", "I"));
        build("final volatile field", c -> c.field("final volatile", "p", "I"));
        build("public private method", c -> c.method("public private", "p", "()V", "return"));
        build("abstract final method", c -> c.method("abstract final", "p", "()V", null));
        build("abstract method in concrete class", c -> c.method("public abstract", "p", "()V", null));
        build("code on abstract", c -> c.method("public abstract", "p", "()V", "return"));
        build("code on native", c -> c.method("public native", "p", "()V", "return"));
        build("no code", c -> c.method("public", "p", "()V", null));
        build("constructor result", c -> c.method("public", "<init>", "()I", "iconst_0 | ireturn"));
        build("static constructor", c -> c.method("public static", "<init>", "(I)V", "return"));
        build("clinit with argument", c -> c.method("static", "<clinit>", "(I)V", "return"));
        build("empty code", c -> c.method("public static", "e", "()V", ""));
        build("too few locals", c -> c.method("public static", "e", "(JJ)V", ".locals 3 | return"));
        build("constant value type", c -> c.field("static final", "k", "I", "string", "x"));
        build("constant value object", c -> c.field("static final", "k", "Ljava/lang/Object;", "string", "x"));
        build("constant value long", c -> c.field("static final", "k", "J", "int", "1"));
        build("interface of class name", c -> c.classRef("unused"));
        attempt("final interface", null, new ClassBytes("public final interface", "Flags", "java/lang/Object").toBytes());
        attempt("final abstract", null, new ClassBytes("public final abstract", "Flags", "java/lang/Object").toBytes());
        attempt("interface super", null, new ClassBytes("public interface", "Flags", "java/lang/Number").toBytes());
        attempt("no super", null, new ClassBytes("public", "NoSuper", null).toBytes());
        attempt("interface field", null, new ClassBytes("public interface", "Flags", "java/lang/Object").field("public", "x", "I").toBytes());
        attempt("interface protected method", null, new ClassBytes("public interface", "Flags", "java/lang/Object").method("protected abstract", "m", "()V", null).toBytes());
        attempt("duplicate interface", null, new ClassBytes("public", "Twice", "java/lang/Object", "java/lang/Runnable", "java/lang/Runnable").toBytes());
        build("source file", c -> c.attribute("SourceFile", new byte[] {0, 1}));
        build("source file length", c -> c.attribute("SourceFile", new byte[] {0, 1, 2}));
        build("unknown attribute", c -> c.attribute("Unknown", new byte[] {1, 2, 3}));
        build("two source files", c -> c.attribute("SourceFile", new byte[] {0, 1}).attribute("SourceFile", new byte[] {0, 1}));
        build("bootstrap methods twice", c -> c.version(52, 0).attribute("BootstrapMethods", new byte[2]).attribute("BootstrapMethods", new byte[2]));
        build("inner classes index", c -> c.attribute("InnerClasses", new byte[] {0, 1, 0, 99, 0, 0, 0, 0, 0, 0}));
    }

    public static void main(String[] args) {
        versions();
        whole();
        names();
        members();
    }
}
