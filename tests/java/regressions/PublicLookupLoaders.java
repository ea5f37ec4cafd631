import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/* A public lookup resolves against every loader's types: it puts no loader constraint on the types of the signature. */
public class PublicLookupLoaders extends ClassLoader {
    public static class Argument { }

    public static class Target {
        public String take(Argument argument) { return "taken"; }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null || !name.startsWith("PublicLookupLoaders$"))
            return loaded != null ? loaded : super.loadClass(name, resolve);
        try (var in = getResourceAsStream(name + ".class")) {
            byte[] bytes = in.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    public static void main(String[] args) throws Throwable {
        var one = new PublicLookupLoaders();
        var two = new PublicLookupLoaders();
        for (var named : new ClassLoader[] {one, two}) {
            Class<?> target = named.loadClass("PublicLookupLoaders$Target");
            Class<?> argument = named.loadClass("PublicLookupLoaders$Argument");
            for (var from : new ClassLoader[] {one, two}) {
                var lookup = MethodHandles.publicLookup().in(from.loadClass("PublicLookupLoaders$Target"));
                var handle = lookup.findVirtual(target, "take", MethodType.methodType(String.class, argument));
                System.out.println(handle.invoke(target.getConstructor().newInstance(),
                                                 argument.getConstructor().newInstance()));
            }
        }
    }
}
