// 2,000 classes defined by hand, 300 of them with loaders of their own, 500 hidden ones, and a class of very many members.
import java.lang.invoke.MethodHandles;
import java.util.HashSet;
import java.util.Set;

public class LimitClasses {
    public interface Numbered { int number(); }

    static ClassBytes tiny(String name, int n) {
        ClassBytes c = new ClassBytes("public", name, "java/lang/Object", "LimitClasses$Numbered").constructor("java/lang/Object");
        c.field("public static", "count", "I").field("private", "x", "J");
        c.method("static", "<clinit>", "()V", "ldc int " + n + " | putstatic " + name + ".count I | return");
        return c.method("public", "number", "()I", "getstatic " + name + ".count I | ireturn");
    }

    public static void main(String[] args) throws Throwable {
        ClassBytes.Loader loader = new ClassBytes.Loader();
        for (int i = 0; i < 2000; i++) loader.add(tiny("tiny/C" + i, i));
        long sum = 0;
        Set<Class<?>> seen = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            Class<?> c = loader.loadClass("tiny.C" + i);
            seen.add(c);
            sum += ((Numbered) c.getDeclaredConstructor().newInstance()).number();
        }
        System.out.println(seen.size() + " " + sum);
        sum = 0;
        for (int i = 0; i < 300; i++) {
            ClassBytes.Loader own = new ClassBytes.Loader("own" + i, LimitClasses.class.getClassLoader(), tiny("Same", i));
            sum += ((Numbered) own.loadClass("Same").getDeclaredConstructor().newInstance()).number();
        }
        System.out.println(sum);
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        Set<String> names = new HashSet<>();
        sum = 0;
        try {
            for (int i = 0; i < 500; i++) {
                ClassBytes c = new ClassBytes("public", "HiddenTiny", "java/lang/Object", "LimitClasses$Numbered").constructor("java/lang/Object")
                    .method("public", "number", "()I", "ldc int " + i + " | ireturn");
                Class<?> k = lookup.defineHiddenClass(c.toBytes(), true).lookupClass();
                names.add(k.getName());
                sum += ((Numbered) k.getDeclaredConstructor().newInstance()).number();
            }
        } catch (LinkageError e) {
            System.out.println(e);
        }
        System.out.println(names.size() + " " + sum);
        ClassBytes large = new ClassBytes("public", "Large", "java/lang/Object").constructor("java/lang/Object");
        for (int i = 0; i < 1500; i++) {
            large.field("public static", "s" + i, "I", "int", "" + i).field("public", "f" + i, i % 3 == 0 ? "J" : i % 3 == 1 ? "B" : "Ljava/lang/Object;");
            large.method("public", "m" + i, "()I", "sipush " + i + " | ireturn");
        }
        StringBuilder body = new StringBuilder("aload_0 | astore_1 | iconst_0");
        for (int i = 0; i < 1500; i += 5) body.append(" | aload_0 | checkcast Large | invokevirtual Large.m").append(i).append(" ()I | iadd");
        large.method("public static", "all", "(Ljava/lang/Object;)I", body + " | ireturn");
        ClassBytes.Loader largeLoader = new ClassBytes.Loader(large);
        Class<?> k = largeLoader.loadClass("Large");
        Object o = k.getDeclaredConstructor().newInstance();
        System.out.println(k.getDeclaredFields().length + " " + k.getDeclaredMethods().length + " " + k.getMethod("m1499").invoke(o) + " " + largeLoader.call("Large", "all", o));
        var f = k.getField("f1497");
        f.setLong(o, 1L << 50);
        k.getField("f1498").setByte(o, (byte) -3);
        k.getField("f1499").set(o, "object");
        System.out.println(f.getLong(o) + " " + k.getField("f1498").get(o) + " " + k.getField("f1499").get(o) + " " + k.getField("f0").get(o));
        System.out.println(k.getField("s1499").get(null) + " " + k.getField("f1496").getType() + " " + k.getField("s17").getInt(null));
        ClassBytes manyFaces = new ClassBytes("public", "Faces", "java/lang/Object", java.util.stream.IntStream.range(0, 200).mapToObj(i -> "face/F" + i).toArray(String[]::new)).constructor("java/lang/Object");
        ClassBytes.Loader faces = new ClassBytes.Loader();
        for (int i = 0; i < 200; i++) {
            faces.add(new ClassBytes("public interface", "face/F" + i, "java/lang/Object").version(52, 0).method("public", "d" + i, "()I", "sipush " + i + " | ireturn"));
        }
        StringBuilder calls = new StringBuilder("iconst_0");
        for (int i = 0; i < 200; i++) calls.append(" | aload_0 | invokeinterface face/F").append(i).append(".d").append(i).append(" ()I | iadd");
        faces.add(manyFaces.method("public static", "all", "(Ljava/lang/Object;)I", calls + " | ireturn"));
        System.out.println(faces.call("Faces", "all", faces.loadClass("Faces").getDeclaredConstructor().newInstance()));
    }
}
