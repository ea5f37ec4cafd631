// Helper of LoadPackages: a class in a package of its own.
package loadpackage.annotated;

public class LoadAnnotatedPackage {
    @Deprecated(since = "1", forRemoval = false) public static class Old { }
    public static String caller() { return StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE).getCallerClass().getName(); }
}
