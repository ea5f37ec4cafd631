// Serializable lambdas and method references written and read back, with captures, through $deserializeLambda$.
import java.io.*;
import java.lang.invoke.SerializedLambda;
import java.util.function.*;

public class LangSerialLambda implements Serializable {
    interface SFunction<A, B> extends Function<A, B>, Serializable { }
    interface SSupplier<A> extends Supplier<A>, Serializable { }
    interface SOp extends IntBinaryOperator, Serializable { }

    final int base;
    transient int lost = 5;

    LangSerialLambda(int base) { this.base = base; }
    SSupplier<Integer> capturesThis() { return () -> base + lost; }
    int bound(int a, int b) { return base * a + b; }

    @SuppressWarnings("unchecked")
    static <T> T copy(T o) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(o);
        }
        return (T) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    }

    static void describe(Object o) throws Exception {
        var m = o.getClass().getDeclaredMethod("writeReplace");
        m.setAccessible(true);
        SerializedLambda s = (SerializedLambda) m.invoke(o);
        System.out.println(s.getCapturingClass() + " " + s.getFunctionalInterfaceClass() + "." + s.getFunctionalInterfaceMethodName()
            + s.getFunctionalInterfaceMethodSignature() + " " + s.getImplMethodKind() + " " + s.getImplClass() + " " + s.getImplMethodSignature()
            + " " + s.getInstantiatedMethodType() + " " + s.getCapturedArgCount());
    }

    public static void main(String[] args) throws Exception {
        int i = 5;
        long l = 6L << 33;
        String text = "captured";
        double d = 2.5;
        SFunction<String, String> f = s -> s + i + l + text + d;
        SSupplier<String> none = () -> "no captures";
        SFunction<String, Integer> ref = String::length;
        SSupplier<StringBuilder> maker = StringBuilder::new;
        SOp op = new LangSerialLambda(100)::bound;
        SSupplier<Integer> self = new LangSerialLambda(1000).capturesThis();
        SFunction<Integer, SFunction<Integer, Integer>> nested = a -> b -> a * b + i;
        Object[] all = {f, none, ref, maker, op, self, nested};
        for (Object o : all) describe(o);
        System.out.println(f.apply("x ") + " | " + copy(f).apply("x "));
        System.out.println(none.get() + " | " + copy(none).get());
        System.out.println(copy(ref).apply("four") + " " + copy(maker).get().append("made"));
        System.out.println(op.applyAsInt(2, 3) + " " + copy(op).applyAsInt(2, 3));
        System.out.println(self.get() + " " + copy(self).get());
        System.out.println(copy(copy(nested).apply(6)).apply(7));
        Object[] copies = copy(all);
        System.out.println(copies.length + " " + (copies[0] != all[0]) + " " + ((Supplier<?>) copies[1]).get());
        try {
            copy((Object) (Runnable) () -> { });
        } catch (NotSerializableException e) {
            System.out.println("not serializable " + e.getMessage().startsWith("LangSerialLambda$$Lambda"));
        }
        Object unserializable = new Object();
        SSupplier<Object> bad = () -> unserializable;
        try {
            copy(bad);
        } catch (NotSerializableException e) {
            System.out.println(e.getMessage());
        }
        System.out.println(copy(new LangSerialLambda(3)).lost + " " + copy(new LangSerialLambda(3)).base);
    }
}
