// Packages: objects per loader, annotations of a package-info class made by hand, versions, lookups through loaders.
import java.lang.annotation.Annotation;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;

public class LoadPackages {
    public static void main(String[] args) throws Exception {
        Class<?> c = loadpackage.annotated.LoadAnnotatedPackage.class;
        Package p = c.getPackage();
        System.out.println(p + " " + p.getName() + " " + p.getAnnotations().length + " " + p.isSealed() + " " + p.getImplementationTitle() + " " + p.getSpecificationVersion());
        System.out.println(LoadPackages.class.getPackage() + "|" + LoadPackages.class.getPackageName() + "|" + int.class.getPackage() + "|" + int[].class.getPackage() + "|" + int[].class.getPackageName());
        System.out.println(String.class.getPackage() + " " + java.sql.Driver.class.getPackage() + " " + String.class.getPackage().getImplementationTitle());
        System.out.println(loadpackage.annotated.LoadAnnotatedPackage.caller() + " " + Arrays.toString(loadpackage.annotated.LoadAnnotatedPackage.Old.class.getAnnotations()));
        // package-info with @Deprecated(since = "9"): RuntimeVisibleAnnotations by hand.
        ClassBytes info = new ClassBytes("interface synthetic", "made/package-info", "java/lang/Object");
        int type = info.utf8("Ljava/lang/Deprecated;"), since = info.utf8("since"), nine = info.utf8("9");
        info.attribute("RuntimeVisibleAnnotations", ClassBytes.bytes(o -> {
            o.writeShort(1);
            o.writeShort(type);
            o.writeShort(1);
            o.writeShort(since);
            o.writeByte('s');
            o.writeShort(nine);
        }));
        ClassBytes member = new ClassBytes("public", "made/Member", "java/lang/Object").constructor("java/lang/Object");
        ClassBytes other = new ClassBytes("public", "made/Other", "java/lang/Object").constructor("java/lang/Object");
        ClassBytes.Loader one = new ClassBytes.Loader("one", LoadPackages.class.getClassLoader(), info, member, other), two = new ClassBytes.Loader("two", null, member);
        Package first = one.loadClass("made.Member").getPackage(), second = two.loadClass("made.Member").getPackage();
        System.out.println((first == second) + " " + first.equals(second) + " " + (first == one.loadClass("made.Other").getPackage()) + " " + first + " " + second);
        for (Annotation a : first.getAnnotations()) System.out.println(a + " " + a.annotationType());
        System.out.println(first.isAnnotationPresent(Deprecated.class) + " " + first.getAnnotation(Deprecated.class).since() + " " + first.getAnnotation(Deprecated.class).forRemoval() + " " + second.getAnnotations().length);
        System.out.println((one.getDefinedPackage("made") == first) + " " + one.getDefinedPackage("java.lang") + " " + one.getDefinedPackages().length + " " + two.getDefinedPackages().length);
        ClassLoader definer = new ClassLoader("definer", null) {
            {
                Package d = definePackage("versioned", "spec", "2.1", "spec vendor", "impl", "3.4", "impl vendor", null);
                System.out.println(d + " " + d.isCompatibleWith("2.0") + d.isCompatibleWith("2.2") + " " + d.getSpecificationVendor() + d.getImplementationVendor());
                try {
                    definePackage("versioned", null, null, null, null, null, null, null);
                } catch (IllegalArgumentException e) {
                    System.out.println(e);
                }
                try {
                    d.isCompatibleWith("x");
                } catch (NumberFormatException e) {
                    System.out.println(e.getMessage());
                }
            }
        };
        System.out.println(definer.getDefinedPackage("versioned").getImplementationVersion());
        System.out.println(Stream.of(Package.getPackages()).map(Package::getName).filter(n -> n.startsWith("loadpackage") || n.equals("java.lang") || n.equals("java.util")).distinct().sorted().collect(Collectors.toList()));
        // Access between classes of the same package name in different loaders: not the same run-time package.
        ClassBytes holder = new ClassBytes("public", "split/Holder", "java/lang/Object").field("static", "value", "I").method("static", "call", "()V", "return");
        ClassBytes user = new ClassBytes("public", "split/User", "java/lang/Object").method("public static", "field", "()I", "getstatic split/Holder.value I | ireturn")
            .method("public static", "method", "()V", "invokestatic split/Holder.call ()V | return");
        ClassBytes.Loader parent = new ClassBytes.Loader("parent", null, holder), child = new ClassBytes.Loader("child", parent, user), together = new ClassBytes.Loader("together", null, holder, user);
        for (ClassBytes.Loader l : new ClassBytes.Loader[] {child, together}) System.out.println(l.getName() + " " + l.outcome("split.User", "field") + " " + l.outcome("split.User", "method"));
    }
}
