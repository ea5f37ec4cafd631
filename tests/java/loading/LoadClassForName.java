// Class objects as loaded: forName variants, primitives and arrays, descriptors, packages, hidden classes, class values.
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.List;

public class LoadClassForName {
    static class Quiet { static { System.out.println("Quiet initialized"); } }
    static final ClassValue<String> VALUE = new ClassValue<>() {
        @Override protected String computeValue(Class<?> c) { System.out.println("computing for " + c.getSimpleName()); return c.getName().toUpperCase(); }
    };

    static void describe(Class<?> c) {
        System.out.println(c.getName() + " | " + c.getTypeName() + " | " + c.getCanonicalName() + " | " + c.getSimpleName() + " | '" + c.getPackageName() + "' | "
            + c.descriptorString() + " | " + c.isPrimitive() + c.isArray() + c.isInterface() + c.isAnnotation() + c.isEnum() + c.isRecord() + c.isSynthetic() + c.isHidden()
            + " | " + c.getModifiers() + " | " + c.getSuperclass() + " | " + (c.getModule().isNamed() ? c.getModule() : "unnamed") + " | " + c.toGenericString());
    }

    public static void main(String[] args) throws Throwable {
        Class<?>[] all = {int.class, void.class, long.class, int[].class, String[][].class, Object.class, Runnable.class, Override.class, Thread.State.class,
            LoadClassForName.class, Quiet.class, Quiet[].class, java.util.Map.Entry.class, java.util.HashMap.class, java.sql.Driver.class, Character.UnicodeBlock.class};
        for (Class<?> c : all) describe(c);
        ClassLoader loader = LoadClassForName.class.getClassLoader();
        Class<?> q = Class.forName("LoadClassForName$Quiet", false, loader);
        System.out.println("loaded");
        System.out.println(Class.forName("[LLoadClassForName$Quiet;").getComponentType() == q);
        System.out.println("array loaded");
        Class.forName("LoadClassForName$Quiet", true, loader);
        System.out.println(Class.forName("[I") == int[].class);
        System.out.println(int[].class.componentType() + " " + int.class.arrayType() + " " + Quiet.class.arrayType().arrayType().getName() + " " + int.class.componentType());
        System.out.println(Object.class.isAssignableFrom(int.class) + " " + Object.class.isAssignableFrom(int[].class) + " " + int.class.isAssignableFrom(int.class)
            + " " + long.class.isAssignableFrom(int.class) + " " + Object[].class.isAssignableFrom(String[].class) + " " + Number.class.isInstance(1) + " " + int.class.isInstance(1));
        System.out.println(VALUE.get(Quiet.class) + VALUE.get(Quiet.class) + VALUE.get(int.class));
        VALUE.remove(Quiet.class);
        System.out.println(VALUE.get(Quiet.class));
        ClassBytes c = new ClassBytes("public", "HiddenOne", "java/lang/Object").version(55, 0).constructor("java/lang/Object");
        c.method("public static", "hello", "()Ljava/lang/String;", "ldc string hello from hidden | areturn");
        c.method("public", "self", "()Ljava/lang/Object;", "new HiddenOne | dup | invokespecial HiddenOne.<init> ()V | areturn");
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodHandles.Lookup hidden = lookup.defineHiddenClass(c.toBytes(), true);
        Class<?> h = hidden.lookupClass();
        String name = h.getName();
        System.out.println(name.replaceAll("/0x[0-9a-f]+", "/0xN") + " " + h.isHidden() + " " + h.getCanonicalName() + " " + h.getSimpleName().startsWith("HiddenOne/") + " "
            + h.descriptorString().replaceAll("0x[0-9a-f]+", "0xN") + " " + h.getDeclaredMethod("hello").invoke(null));
        Object made = h.getDeclaredConstructor().newInstance();
        System.out.println(h.getMethod("self").invoke(made).getClass() == h);
        try {
            Class.forName(name, false, loader);
        } catch (ClassNotFoundException e) {
            System.out.println("not found");
        }
        MethodHandles.Lookup second = lookup.defineHiddenClass(c.toBytes(), false, MethodHandles.Lookup.ClassOption.NESTMATE, MethodHandles.Lookup.ClassOption.STRONG);
        System.out.println((second.lookupClass() == h) + " " + second.lookupClass().getNestHost() + " " + h.getNestHost().isHidden() + " " + second.lookupClass().isNestmateOf(Quiet.class));
        MethodHandles.Lookup data = lookup.defineHiddenClassWithClassData(c.toBytes(), List.of("class", "data"), true);
        System.out.println(MethodHandles.classData(data, "_", List.class) + " " + MethodHandles.classDataAt(data, "_", String.class, 1));
        ClassBytes named = new ClassBytes("public", "DefinedByLookup", "java/lang/Object").constructor("java/lang/Object");
        Class<?> defined = lookup.defineClass(named.toBytes());
        System.out.println(defined + " " + (defined.getClassLoader() == loader) + " " + (Class.forName("DefinedByLookup") == defined));
        for (byte[] wrong : new byte[][] {named.toBytes(), new ClassBytes("public", "pack/Other", "java/lang/Object").toBytes(), new byte[3]}) {
            for (boolean hide : new boolean[] {true, false}) {
                try {
                    Class<?> k = hide ? lookup.defineHiddenClass(wrong, false).lookupClass() : lookup.defineClass(wrong);
                    System.out.println(k.getName().replaceAll("0x[0-9a-f]+", "0xN"));
                } catch (Throwable e) {
                    System.out.println(e);
                }
            }
        }
        System.out.println(Arrays.toString(Quiet.class.getSigners()) + Quiet.class.getProtectionDomain().getCodeSource().getLocation().getProtocol()
            + String.class.getProtectionDomain().getCodeSource() + Quiet.class.desiredAssertionStatus());
    }
}
